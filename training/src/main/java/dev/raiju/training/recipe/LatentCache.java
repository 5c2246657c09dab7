package dev.raiju.training.recipe;

import dev.raiju.models.vae.TaeEncoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.op.Assign;
import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.Frames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// Clips and pictures encoded once, in f16, with their captions: what a transformer learns from. Kept in a folder of shards, each of
/// which is made again when it does not belong to the encoder; or in one file, as long as that belongs to it. A process that is killed
/// while it encodes goes on with the first shard that is not there.
final class LatentCache implements AutoCloseable {
  private static final int BATCH = 16;
  /// Examples of a shard, a multiple of the batch: 20 MB of clips of the shipped size.
  private static final int SHARD = 128 * BATCH;
  private static final String KEY = "key";
  private static final String LATENTS = "latents";

  private final Part clips;
  private final Part pictures;

  private LatentCache(Part clips, Part pictures) {
    this.clips = clips;
    this.pictures = pictures;
  }

  /// Latents of one length.
  ///
  /// @param shards f16 `[n, C, T, H, W]`, all but the last of `each` examples
  /// @param captions one each
  /// @param kinds one each
  record Part(List<Tensor> shards, int each, List<String> captions, List<ClipKind> kinds) {
    int size() { return captions.size(); }

    /// Some of them in f32.
    Tensor rows(int[] indices) {
      try (Scope scope = Scope.open()) {
        Tensor[] rows = new Tensor[indices.length];
        for (int i = 0; i < rows.length; i++) rows[i] = shards.get(indices[i] / each).slice(0, indices[i] % each, 1);
        return scope.keep(Tensor.concat(0, rows).to(DType.F32));
      }
    }

    /// Where the latents of a kind are.
    int[] rows(ClipKind kind) { return IntStream.range(0, size()).filter(i -> kinds.get(i) == kind).toArray(); }

    /// The same latents with other captions. They share their memory.
    private Part saying(UnaryOperator<String> words) {
      return new Part(shards, each, captions.stream().map(words).toList(), kinds);
    }

    List<String> captions(int[] indices) { return Arrays.stream(indices).mapToObj(captions::get).toList(); }
  }

  Part clips() { return clips; }

  Part pictures() { return pictures; }

  /// Opens what is there, and makes the rest.
  ///
  /// @param folder of the shards; a file beside it of the same name with `.safetensors` is the older form
  /// @param key what the latents depend on: another key makes them again
  /// @param progress told how many of `clips + pictures` are encoded
  static LatentCache open(Path folder, String key, TaeEncoder encoder, Footage footage, int clips, int pictures, Device device,
      LongConsumer progress) throws IOException {
    return open(folder, key, SHARD, encoder, footage, clips, pictures, device, progress);
  }

  /// @param shard how many examples each has
  static LatentCache open(Path folder, String key, int shard, TaeEncoder encoder, Footage footage, int clips, int pictures,
      Device device, LongConsumer progress) throws IOException {
    Path file = folder.resolveSibling(folder.getFileName() + ".safetensors");
    if (belongs(file, key)) {
      try (SafeTensors stored = SafeTensors.open(file); Scope scope = Scope.open()) {
        return new LatentCache(part(List.of(stored.tensor("clips", device).alias()), clips, examples(footage, false, clips)),
            part(
                List.of(stored.tensor("pictures", device).alias()), pictures, examples(footage, true, pictures)));
      }
    }
    Durable.system().makeDirectory(folder);
    return new LatentCache(shards(folder, "clips", shard, key, encoder, examples(footage, false, clips), device, progress),
        shards(folder,
            "pictures", shard, key, encoder, examples(footage, true, pictures), device, done -> progress.accept(clips + done)));
  }

  /// The same latents with other captions. They go with these.
  LatentCache saying(UnaryOperator<String> words) { return new LatentCache(clips.saying(words), pictures.saying(words)); }

  /// A key for latents of this encoder.
  ///
  /// @param data says what is encoded
  static String key(TaeEncoder encoder, String data) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(data.getBytes(StandardCharsets.UTF_8));
      encoder.parameters().values().forEach(t -> digest.update(t.toBytes()));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean belongs(Path file, String key) throws IOException {
    if (!Files.exists(file)) return false;
    try (SafeTensors stored = SafeTensors.open(file)) {
      return key.equals(stored.metadata().get(KEY));
    }
  }

  private static Part part(List<Tensor> shards, int each, List<Footage.Take> examples) {
    return new Part(shards, each, examples.stream().map(Footage.Take::text).toList(), examples.stream().map(Footage.Take::kind)
        .toList());
  }

  private static Part shards(Path folder, String name, int shard, String key, TaeEncoder encoder, List<Footage.Take> examples,
      Device device,
      LongConsumer progress) throws IOException {
    List<Tensor> shards = new ArrayList<>();
    for (int first = 0; first < examples.size(); first += shard) {
      int end = Math.min(first + shard, examples.size());
      Path file = folder.resolve(String.format(Locale.ROOT, "%s-%05d.safetensors", name, first / shard));
      // the last one of fewer examples is another file than the same shard of more
      String own = key + " " + (end - first);
      if (!belongs(file, own)) make(file, own, encoder, examples.subList(first, end), device, first, progress);
      try (SafeTensors stored = SafeTensors.open(file); Scope scope = Scope.open()) {
        shards.add(stored.tensor(LATENTS, device).alias());
      }
    }
    return part(List.copyOf(shards), shard, examples);
  }

  /// The first clips, or the first pictures, of a stream.
  static List<Footage.Take> examples(Footage footage, boolean picture, int count) {
    List<Footage.Take> examples = new ArrayList<>();
    for (long position = 0; examples.size() < count; position++) {
      Footage.Take take = footage.at(position);
      if (picture == take.isPicture()) examples.add(take);
    }
    return examples;
  }

  private static void make(Path file, String key, TaeEncoder encoder, List<Footage.Take> examples, Device device, int before,
      LongConsumer progress) throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor latents = encode(examples, encoder, device, progress, before);
      Durable.system().write(file, SafeTensors.contents(Map.of(LATENTS, latents), Map.of(KEY, key)));
    }
  }

  private static Tensor encode(List<Footage.Take> examples, TaeEncoder encoder, Device device, LongConsumer progress,
      int before) {
    Tensor all = null;
    for (int i = 0; i < examples.size(); i += BATCH) {
      try (Scope scope = Scope.open()) {
        List<Frames> frames = examples.subList(i, Math.min(examples.size(), i + BATCH)).parallelStream().map(Footage.Take::paint)
            .toList();
        Tensor latent = encoder.encode(Pixels.of(frames, device)).to(DType.F16);
        if (all == null) all = scope.keep(Tensor.full(new Spec(DType.F16, latent.shape().with(0, examples.size())), 0, device));
        Assign.assign(all.slice(0, i, latent.size(0)), latent.contiguous());
      }
      progress.accept(before + Math.min(examples.size(), i + BATCH));
    }
    if (all == null) throw new IllegalArgumentException("latents: no examples to encode");
    return all;
  }

  @Override
  public void close() {
    clips.shards().forEach(Tensor::close);
    pictures.shards().forEach(Tensor::close);
  }
}

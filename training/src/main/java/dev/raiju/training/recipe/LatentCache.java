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
import dev.raiju.tensor.op.Gather;
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
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// Clips and pictures encoded once, in f16, with their captions: what a transformer learns from. Kept in a file, which is made
/// again when it does not belong to the encoder.
final class LatentCache implements AutoCloseable {
  private static final int BATCH = 16;

  private final Part clips;
  private final Part pictures;

  private LatentCache(Part clips, Part pictures) {
    this.clips = clips;
    this.pictures = pictures;
  }

  /// Latents of one length.
  ///
  /// @param latents f16 `[n, C, T, H, W]`
  /// @param captions one each
  /// @param kinds one each
  record Part(Tensor latents, List<String> captions, List<ClipKind> kinds) {
    int size() { return captions.size(); }

    /// Some of them in f32.
    Tensor rows(int[] indices) {
      try (Scope scope = Scope.open()) {
        return scope.keep(Gather.gather(latents, 0, Tensor.of(indices, indices.length).to(latents.device())).to(DType.F32));
      }
    }

    /// Where the latents of a kind are.
    int[] rows(ClipKind kind) { return IntStream.range(0, size()).filter(i -> kinds.get(i) == kind).toArray(); }

    /// The same latents with other captions. They share their memory.
    private Part saying(UnaryOperator<String> words) { return new Part(latents, captions.stream().map(words).toList(), kinds); }

    List<String> captions(int[] indices) { return Arrays.stream(indices).mapToObj(captions::get).toList(); }
  }

  Part clips() { return clips; }

  Part pictures() { return pictures; }

  /// Opens the file, or makes it.
  ///
  /// @param key what the latents depend on: another key makes them again
  /// @param progress told how many of `clips + pictures` are encoded
  static LatentCache open(Path file, String key, TaeEncoder encoder, Footage footage, int clips, int pictures, Device device,
      LongConsumer progress)
      throws IOException {
    if (!belongs(file, key)) make(file, key, encoder, footage, clips, pictures, device, progress);
    try (SafeTensors stored = SafeTensors.open(file); Scope scope = Scope.open()) {
      return new LatentCache(part(stored, "clips", false, footage, clips, device), part(stored, "pictures", true, footage,
          pictures,
          device));
    }
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
      return key.equals(stored.metadata().get("key"));
    }
  }

  private static Part part(SafeTensors stored, String name, boolean picture, Footage footage, int count, Device device)
      throws IOException {
    List<Footage.Take> examples = examples(footage, picture, count);
    return new Part(stored.tensor(name, device).alias(), examples.stream().map(Footage.Take::text).toList(), examples.stream()
        .map(
            Footage.Take::kind).toList());
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

  private static void make(Path file, String key, TaeEncoder encoder, Footage footage, int clips, int pictures, Device device,
      LongConsumer progress)
      throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor encodedClips = encode(examples(footage, false, clips), encoder, device, progress, 0);
      Tensor encodedPictures = encode(examples(footage, true, pictures), encoder, device, progress, clips);
      Durable.system().write(file, SafeTensors.contents(Map.of("clips", encodedClips, "pictures", encodedPictures), Map.of("key",
          key)));
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
    clips.latents().close();
    pictures.latents().close();
  }
}

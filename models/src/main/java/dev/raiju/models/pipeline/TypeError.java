package dev.raiju.models.pipeline;

import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.TextKeys;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanVelocity;
import dev.raiju.models.nn.Module;
import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// How far a model in other types is from itself as it is stored, computed in f32.
///
/// @param precision the types, here those of the text encoder's matrices too
/// @param textBytes that the text encoder's weights take
/// @param transformerBytes that the transformer's weights take
/// @param cosine between the embedding of a token and what it should be, on average over all tokens of all texts
/// @param leastCosine of the worst token
/// @param velocityError size of the transformer's error relative to its velocity, root mean square over texts and noise levels, for
/// the embeddings as they should be
public record TypeError(Precision precision, long textBytes, long transformerBytes, double cosine, double leastCosine,
    double velocityError) {
  // from noise alone to nearly none
  private static final double[] TIMESTEPS = {1000, 900, 600, 200};

  /// What is worth to be tried: products of narrow factors, and matrices held in less.
  public static List<Precision> usual() {
    List<Precision> all = new ArrayList<>(List.of(Precision.STORED, new Precision(Optional.empty(), DType.BF16)));
    for (DType weights : List.of(DType.F16, DType.BF16, DType.Q8_G64_F16, DType.Q4_G64_F16)) {
      all.add(new Precision(Optional.of(weights), DType.F32));
      if (weights != DType.F16) all.add(new Precision(Optional.of(weights), DType.BF16));
    }
    all.add(new Precision(Optional.of(DType.Q8_G64_F16), DType.I8));
    // as MLX stores a model of bf16
    all.add(new Precision(Optional.of(DType.Q8_G64_BF16), DType.F32));
    all.add(new Precision(Optional.of(DType.Q4_G64_BF16), DType.F32));
    return all;
  }

  /// Runs a model in each of several ways.
  ///
  /// @param texts what clips show
  /// @param size of the clips, as far as it is said
  /// @param progress is told of each way that is done
  public static List<TypeError> measure(ModelFolder model, List<Precision> ways, List<String> texts, Prompt size, Device device,
      Progress progress) throws IOException {
    ModelFolder stored = model.with(Precision.STORED);
    List<TypeError> errors = new ArrayList<>();
    try (Scope scope = Scope.open();
        Umt5Encoder encoder = stored.textEncoder(device);
        WanTransformer transformer = stored.transformer(device)) {
      Shape latent = latent(stored, transformer, size, device);
      int length = transformer.config().textLength();
      UnigramTokenizer tokenizer = stored.tokenizer();
      List<int[]> ids = texts.stream().map(text -> ids(tokenizer, text, length)).toList();
      List<Tensor> rows = rows(encoder, ids);
      List<Tensor> contexts = rows.stream().map(row -> row.pad(1, 0, length - row.size(1))).toList();
      List<Tensor> velocities = velocities(transformer, contexts, latent);
      for (Precision way : ways) {
        progress.stopIfAsked();
        try (Scope inner = Scope.open(); Umt5Encoder text = in(way, encoder); WanTransformer other = in(way, transformer)) {
          double[] cosines = cosines(rows, rows(text, ids));
          errors.add(new TypeError(way, bytes(text), bytes(other), Arrays.stream(cosines).average().orElseThrow(), Arrays.stream(
              cosines).min().orElseThrow(), relative(velocities, velocities(other, contexts, latent))));
        }
        progress.report(new Progress.Part(Progress.Stage.DENOISE, errors.size(), ways.size()));
      }
    }
    return errors;
  }

  private static <M extends Module<M>> M in(Precision way, M part) {
    try (M held = way.weights().isPresent() ? part.narrow(way.weights().get()) : part.computing(DType.F32)) {
      return held.computing(way.compute());
    }
  }

  private static long bytes(Module<?> part) {
    return part.parameters().values().stream().mapToLong(t -> t.spec().bytes()).sum();
  }

  private static Shape latent(ModelFolder model, WanTransformer transformer, Prompt size, Device device) throws IOException {
    Recipe recipe = model.recipe();
    try (LatentDecoder<?> decoder = model.decoder(device)) {
      return ClipSize.of(decoder.spaceFactor(), transformer.config().patch(), decoder.timeFactor()).latent(transformer.config()
          .inChannels(), size.width().orElse(recipe.width()), size.height().orElse(recipe.height()), size.frames().orElse(recipe
              .frames()));
    }
  }

  /// The tokens of a text, its end included.
  private static int[] ids(UnigramTokenizer tokenizer, String text, int length) {
    String clean = PromptCleaner.clean(text);
    int tokens = tokenizer.encode(clean).length + 1;
    if (tokens > length) {
      throw new IllegalArgumentException("prompt: " + tokens + " tokens: this model reads at most " + length
          + "; make it shorter: " + text);
    }
    return Arrays.copyOf(tokenizer.encode(clean, tokens).ids(), tokens);
  }

  /// The rows of each text, without padding.
  private static List<Tensor> rows(Umt5Encoder encoder, List<int[]> texts) {
    return texts.stream().map(ids -> encoder.context(List.of(ids), ids.length)).toList();
  }

  private static List<Tensor> velocities(WanTransformer transformer, List<Tensor> contexts, Shape latent) {
    List<Tensor> velocities = new ArrayList<>();
    for (int i = 0; i < contexts.size(); i++) {
      Tensor x = Rng.of(i).normal(contexts.get(i).device(), latent.sizes());
      try (TextKeys keys = transformer.keys(contexts.get(i))) {
        WanVelocity model = new WanVelocity(transformer, keys, BlockRunner.PLAIN);
        for (double timestep : TIMESTEPS) velocities.add(model.velocity(x, timestep));
      }
    }
    return velocities;
  }

  /// Of every row.
  private static double[] cosines(List<Tensor> wanted, List<Tensor> found) {
    List<Double> all = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      int width = Math.toIntExact(wanted.get(i).size(-1));
      double[] a = wanted.get(i).toDoubles();
      double[] b = found.get(i).toDoubles();
      for (int row = 0; row < a.length; row += width) {
        double aa = 0;
        double bb = 0;
        double ab = 0;
        for (int k = row; k < row + width; k++) {
          aa += a[k] * a[k];
          bb += b[k] * b[k];
          ab += a[k] * b[k];
        }
        all.add(ab / Math.sqrt(aa * bb));
      }
    }
    return all.stream().mapToDouble(value -> value).toArray();
  }

  private static double relative(List<Tensor> wanted, List<Tensor> found) {
    double sum = 0;
    for (int i = 0; i < wanted.size(); i++) {
      double[] a = wanted.get(i).toDoubles();
      double[] b = found.get(i).toDoubles();
      double size = 0;
      double error = 0;
      for (int k = 0; k < a.length; k++) {
        size += a[k] * a[k];
        error += (a[k] - b[k]) * (a[k] - b[k]);
      }
      sum += error / size;
    }
    return Math.sqrt(sum / wanted.size());
  }
}

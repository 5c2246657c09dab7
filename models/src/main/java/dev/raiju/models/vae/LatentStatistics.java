package dev.raiju.models.vae;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Mean and deviation of an autoencoder's latents, channel by channel. A transformer works on latents without them; a decoder wants
/// them back.
///
/// @param mean of each channel; empty where latents are used as they are
/// @param deviation of each channel
public record LatentStatistics(List<Double> mean, List<Double> deviation) {
  /// Latents are used as they are.
  public static final LatentStatistics NONE = new LatentStatistics(List.of(), List.of());

  private static final Expr RESTORED = Expr.in(0).mul(Expr.in(2)).add(Expr.in(1));
  private static final Expr NORMALIZED = Expr.in(0).sub(Expr.in(1)).div(Expr.in(2));

  public LatentStatistics {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != deviation.size() || !mean.stream().allMatch(Double::isFinite) || !deviation.stream().allMatch(
        d -> d > 0 && Double.isFinite(d))) {
      throw new ShapeException("latents: mean %s, deviation %s; needs as many of both, deviations above 0", mean, deviation);
    }
  }

  /// How many channels they are of, 0 for [#NONE].
  int channels() { return mean.size(); }

  /// Latents with their mean and deviation.
  ///
  /// @param latent normalised, `[B, C, T, H, W]`
  public Tensor restore(Tensor latent) { return apply("restore_latents", RESTORED, latent); }

  /// The inverse of [#restore].
  public Tensor normalize(Tensor latent) { return apply("normalize_latents", NORMALIZED, latent); }

  private Tensor apply(String name, Expr rule, Tensor latent) {
    if (mean.isEmpty()) return latent;
    try (Scope scope = Scope.open()) {
      return scope.keep(Elementwise.elementwise(name, rule, latent, perChannel(mean, latent), perChannel(deviation, latent)));
    }
  }

  private static Tensor perChannel(List<Double> values, Tensor latent) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) floats[i] = values.get(i).floatValue();
    return Tensor.of(Spec.of(DType.F32, 1, floats.length, 1, 1, 1), MemorySegment.ofArray(floats), latent.device()).to(latent
        .dtype());
  }
}

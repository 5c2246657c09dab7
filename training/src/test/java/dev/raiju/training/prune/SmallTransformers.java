package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Tensor;
import java.util.function.BiFunction;

/// Transformers small enough for the reference device, in f64, all of whose weights are random.
public final class SmallTransformers {
  /// Attention is wider than the model.
  public static final WanConfig CONFIG = new WanConfig(10, 3, 6, 7, 2, 5, 4, 4, 2, 2, new WanConfig.Patch(1, 2, 2), 1e-6f, 10000);

  private SmallTransformers() {}

  public static WanTransformer random(long seed) {
    Rng rng = Rng.of(seed);
    try (WanTransformer shape = WanTransformer.create(CONFIG, Initializer.shapes(Device.reference()))) {
      return changed(shape, (_, t) -> random(rng, 0.4, t.shape().sizes()));
    }
  }

  /// A model with other values, its own.
  public static WanTransformer changed(WanTransformer model, BiFunction<String, Tensor, Tensor> change) {
    return model.map((name, t, _) -> Module.owned(() -> change.apply(name, t).copy()));
  }

  public static Tensor random(Rng rng, double deviation, long... sizes) {
    int count = 1;
    for (long size : sizes) count *= (int) size;
    double[] values = new double[count];
    for (int i = 0; i < count; i++) values[i] = deviation * rng.nextNormal();
    return Tensor.of(values, sizes);
  }

  /// What a transformer is given.
  ///
  /// @param x `[B, C, T, H, W]`
  /// @param sigma `[B]`
  /// @param context `[B, L, text width]`
  public record Inputs(Tensor x, Tensor sigma, Tensor context) {
    public static Inputs random(long seed) {
      Rng rng = Rng.of(seed);
      return new Inputs(SmallTransformers.random(rng, 1, 2, 2, 2, 4, 2), Tensor.of(new double[] {0.2, 0.9}, 2), SmallTransformers
          .random(rng, 1, 2, 3, 5));
    }

    public Tensor velocity(WanTransformer model) { return model.forward(x, sigma.mul(1000), context); }
  }
}

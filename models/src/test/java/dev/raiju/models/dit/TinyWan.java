package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.RandomDraw.Distribution;

/// A transformer that is small, has an attention width unlike its own, and no zeros anywhere.
final class TinyWan {
  static final WanConfig CONFIG = new WanConfig(20, 2, 6, 28, 2, 10, 5, 8, 4, 3, new WanConfig.Patch(1, 2, 2), 1e-6f, 10000);

  private TinyWan() {}

  static WanTransformer create(long seed, Device device) {
    Rng rng = Rng.of(seed);
    try (WanTransformer plain = WanTransformer.create(CONFIG, Initializer.random(rng, device))) {
      return plain.map((_, t, _) -> Module.owned(() -> t.add(rng.draw(Distribution.NORMAL, t.dtype(), t.shape(), device).mul(
          0.2))));
    }
  }

  static Tensor latent(long seed, long batch, Device device) { return Rng.of(seed).normal(device, batch, 4, 2, 4, 6); }

  static Tensor context(long seed, long batch, Device device) { return Rng.of(seed).normal(device, batch, 5, 10); }

  static Tensor wide(long seed, long... sizes) {
    return Rng.of(seed).draw(Distribution.NORMAL, DType.F64, Shape.of(sizes), Device.reference());
  }
}

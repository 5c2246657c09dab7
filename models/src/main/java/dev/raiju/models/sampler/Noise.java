package dev.raiju.models.sampler;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;

/// Where the noise of a clip comes from: draw 0 is what the first step starts from, draw `i` is added before step `i` by samplers
/// that add noise again.
@FunctionalInterface
public interface Noise {
  /// Noise of the sample's shape; the same for the same index, whenever it is asked for.
  Tensor draw(int index);

  /// Normal noise that depends on the seed and the index alone: the same on every device, for any number of steps.
  static Noise seeded(long seed, Shape shape, Device device) {
    return index -> Rng.of(seed).stream("noise").seek(index * shape.elements()).normal(device, shape.sizes());
  }
}

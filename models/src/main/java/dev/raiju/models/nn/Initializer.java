package dev.raiju.models.nn;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;

/// Gives a new module its parameters, in f32. They belong to the module and to no scope.
public interface Initializer {
  /// Uniform between `-bound` and `bound`.
  Tensor uniform(double bound, long... sizes);

  /// Normal with mean 0.
  Tensor normal(double deviation, long... sizes);

  /// One value everywhere.
  Tensor constant(double value, long... sizes);

  /// Random numbers: the same `rng` and the same order of calls give the same parameters on any device.
  static Initializer random(Rng rng, Device device) {
    return new Initializer() {
      @Override
      public Tensor uniform(double bound, long... sizes) {
        return Module.owned(() -> rng.uniform(device, sizes).mul(2 * bound).sub(bound));
      }

      @Override
      public Tensor normal(double deviation, long... sizes) {
        return Module.owned(() -> rng.normal(device, sizes).mul(deviation));
      }

      @Override
      public Tensor constant(double value, long... sizes) {
        return Module.owned(() -> Tensor.full(Spec.of(DType.F32, sizes), value, device));
      }
    };
  }

  /// Zeros that take no memory, whatever their shape: for a module whose structure is wanted, to be filled from a file.
  static Initializer shapes(Device device) {
    return new Initializer() {
      @Override
      public Tensor uniform(double bound, long... sizes) { return constant(0, sizes); }

      @Override
      public Tensor normal(double deviation, long... sizes) { return constant(0, sizes); }

      @Override
      public Tensor constant(double value, long... sizes) {
        return Module.owned(() -> Tensor.full(Spec.of(DType.F32), 0, device).broadcast(sizes));
      }
    };
  }
}

package dev.raiju.bench;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Random inputs of a case, the same in every run, and closed together.
final class Inputs implements AutoCloseable {
  private final Device device;
  private final Rng rng = Rng.of(0);
  private final List<AutoCloseable> owned = new ArrayList<>();

  Inputs(Device device) { this.device = device; }

  Device device() { return device; }

  Rng rng() { return rng; }

  /// Waits until the device has done what it was asked to: what is read comes after everything before.
  void settle() {
    try (Scope scope = Scope.open()) {
      Tensor.full(Spec.of(DType.F32, 1), 0, device).item();
    }
  }

  /// Standard normal numbers, f32.
  Tensor normal(long... sizes) { return keep(() -> rng.normal(device, sizes)); }

  /// A weight `[out, in]` that keeps the variance of its input, as layers begin with.
  Tensor weight(long out, long in) { return keep(() -> rng.normal(device, out, in).mul(1 / Math.sqrt(in))); }

  /// The values in the type of a kind: themselves for f32.
  Tensor as(Kind kind, Tensor t) { return kind == Kind.F32 ? t : keep(() -> t.to(DType.BF16)); }

  Tensor keep(Supplier<Tensor> made) { return own(Module.owned(made)); }

  <T extends AutoCloseable> T own(T resource) {
    owned.add(resource);
    return resource;
  }

  /// Parameters of a model. What a new model begins with as zero matrices, so that it does nothing, is random here too.
  Initializer initializer() {
    Initializer random = Initializer.random(rng, device);
    return new Initializer() {
      @Override
      public Tensor uniform(double bound, long... sizes) { return random.uniform(bound, sizes); }

      @Override
      public Tensor normal(double deviation, long... sizes) { return random.normal(deviation, sizes); }

      @Override
      public Tensor constant(double value, long... sizes) {
        return sizes.length < 2 ? random.constant(value, sizes) : random.normal(1 / Math.sqrt(sizes[sizes.length - 1]), sizes);
      }
    };
  }

  @Override
  public void close() {
    for (AutoCloseable resource : owned.reversed()) {
      try {
        resource.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    owned.clear();
  }
}

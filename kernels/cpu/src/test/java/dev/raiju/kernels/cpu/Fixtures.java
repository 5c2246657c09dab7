package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Devices, random tensors and comparisons that the tests of kernels share.
final class Fixtures {
  static final Device VECTOR = Device.of(new CpuBackend(3, Provider.vector()));
  static final Device SCALAR = Device.of(new CpuBackend(2, Provider.scalar()));
  static final List<Device> BOTH = List.of(VECTOR, SCALAR);

  private Fixtures() {}

  static float[] random(long seed, int n) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) values[i] = (float) random.nextGaussian();
    return values;
  }

  static Tensor tensor(Device device, float[] values, long... sizes) {
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(values), device);
  }

  static Tensor random(Device device, long seed, long... sizes) {
    return tensor(device, random(seed, Math.toIntExact(Shape.of(sizes).elements())), sizes);
  }

  /// A tensor of the same values whose axes lie in memory in the given order.
  static Tensor reordered(Tensor t, int... order) {
    int[] back = new int[order.length];
    for (int i = 0; i < order.length; i++) back[order[i]] = i;
    return t.permute(order).copy().permute(back);
  }

  /// Compares with a tolerance relative to the largest wanted magnitude.
  static void assertClose(double[] want, double[] got, double tolerance) {
    assertWithin(want, got, tolerance * Math.max(1e-3, largest(want)));
  }

  static void assertWithin(double[] want, double[] got, double distance) {
    assertEquals(want.length, got.length);
    for (int i = 0; i < want.length; i++) {
      boolean same = Double.compare(want[i], got[i]) == 0 || Math.abs(want[i] - got[i]) <= distance;
      if (!same) fail("element " + i + ": want " + want[i] + ", got " + got[i]);
    }
  }

  /// The largest finite magnitude.
  static double largest(double[] values) { return Arrays.stream(values).filter(Double::isFinite).map(Math::abs).max().orElse(0); }

  static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) wide[i] = values[i];
    return wide;
  }
}

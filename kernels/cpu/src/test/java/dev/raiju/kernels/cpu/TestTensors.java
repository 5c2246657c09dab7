package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/// Tensors made and read without kernels.
final class TestTensors {
  private TestTensors() {}

  /// Values between -1 and 1 that `type` holds exactly.
  static double[] random(DType type, long seed, long... sizes) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[Math.toIntExact(Shape.of(sizes).elements())];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cell = arena.allocate(8);
      for (int i = 0; i < values.length; i++) {
        Elements.setDouble(type, cell, 0, 2 * random.nextDouble() - 1);
        values[i] = Elements.getDouble(type, cell, 0);
      }
    }
    return values;
  }

  static Tensor of(Device device, DType type, double[] values, long... sizes) {
    Spec spec = Spec.of(type, sizes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(1, spec.bytes()));
      for (int i = 0; i < values.length; i++) Elements.setDouble(type, memory, i, values[i]);
      return Tensor.of(spec, memory.asSlice(0, spec.bytes()), device);
    }
  }

  /// The values in row-major order, through any layout.
  static double[] values(Tensor t) {
    double[] values = new double[Math.toIntExact(t.shape().elements())];
    MemorySegment memory = ((HostBuffer) t.buffer()).segment();
    long[] sizes = t.shape().sizes();
    for (int i = 0; i < values.length; i++) {
      long place = t.layout().offset();
      long left = i;
      for (int axis = sizes.length - 1; axis >= 0; axis--) {
        place += left % sizes[axis] * t.layout().stride(axis);
        left /= sizes[axis];
      }
      values[i] = Elements.getDouble(t.dtype(), memory, place);
    }
    return values;
  }

  /// The same values under a layout with gaps, reversed axes or broadcast ones: kind 0 is contiguous.
  static Tensor laidOut(Device device, DType type, double[] values, int kind, long... sizes) {
    int rank = sizes.length;
    return switch (kind) {
      case 1 -> of(device, type, transposed(values, sizes), swapped(sizes)).transpose();
      case 2 -> of(device, type, spread(values, sizes, 2), grown(sizes, 2)).slice(rank - 1, 0, sizes[rank - 1], 2);
      case 3 -> of(device, type, mirrored(values, sizes), sizes).flip(-1);
      default -> of(device, type, values, sizes);
    };
  }

  private static long[] swapped(long[] sizes) {
    long[] result = sizes.clone();
    result[sizes.length - 1] = sizes[sizes.length - 2];
    result[sizes.length - 2] = sizes[sizes.length - 1];
    return result;
  }

  private static long[] grown(long[] sizes, int step) {
    long[] result = sizes.clone();
    result[sizes.length - 1] *= step;
    return result;
  }

  private static double[] transposed(double[] values, long[] sizes) {
    int rows = (int) sizes[sizes.length - 2];
    int columns = (int) sizes[sizes.length - 1];
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int inMatrix = i % (rows * columns);
      result[i - inMatrix + inMatrix % columns * rows + inMatrix / columns] = values[i];
    }
    return result;
  }

  private static double[] spread(double[] values, long[] sizes, int step) {
    double[] result = new double[values.length * step];
    java.util.Arrays.fill(result, 1e30);
    for (int i = 0; i < values.length; i++) result[i * step] = values[i];
    return result;
  }

  private static double[] mirrored(double[] values, long[] sizes) {
    int columns = (int) sizes[sizes.length - 1];
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) result[i - i % columns + columns - 1 - i % columns] = values[i];
    return result;
  }

  static void assertSame(double[] wanted, double[] got, Object where) {
    assertEquals(wanted.length, got.length, where::toString);
    for (int i = 0; i < wanted.length; i++) {
      if (Double.compare(wanted[i], got[i]) != 0) fail(where + ": element " + i + " is " + got[i] + " instead of " + wanted[i]);
    }
  }

  /// `max|a - b| ≤ tolerance · max(1e-3, max|b|)`.
  static void assertClose(double[] wanted, double[] got, double tolerance, Object where) {
    assertClose(wanted, got, tolerance, 1e-3, where);
  }

  /// `max|a - b| ≤ tolerance · max(floor, max|b|)`.
  static void assertClose(double[] wanted, double[] got, double tolerance, double floor, Object where) {
    assertEquals(wanted.length, got.length, where::toString);
    double scale = floor;
    for (double w : wanted) scale = Math.max(scale, Math.abs(w));
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - got[i]) <= tolerance * scale)) {
        fail(where + ": element " + i + " is " + got[i] + " instead of " + wanted[i] + ", largest " + scale);
      }
    }
  }
}

package dev.raiju.kernels.conformance;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What a result must be, and how far it may be off.
sealed interface Expected {
  /// @throws AssertionError naming the first element that is wrong
  void check(Tensor got);

  /// The same bytes, any NaN for a NaN.
  record Same(Spec spec, byte[] bytes) implements Expected {
    @Override
    public void check(Tensor got) {
      if (!got.spec().equals(spec)) throw wrong("got " + got.spec() + ", the reference gives " + spec);
      byte[] actual = got.toBytes();
      if (Arrays.equals(bytes, actual)) return;
      int unit = spec.dtype().unitBytes();
      for (int i = 0; i < bytes.length / unit; i++) {
        boolean same = Arrays.equals(bytes, i * unit, (i + 1) * unit, actual, i * unit, (i + 1) * unit);
        if (!same && !(isNaN(bytes, i) && isNaN(actual, i))) {
          throw wrong("element " + i + " of " + spec + ": got " + text(actual, i) + ", the reference gives " + text(bytes, i));
        }
      }
    }

    private boolean isNaN(byte[] memory, int index) {
      DType type = spec.dtype();
      boolean real = type.isFloat() || type == DType.F8_E4M3 || type == DType.F8_E5M2;
      return real && Double.isNaN(Elements.getDouble(type, MemorySegment.ofArray(memory), index));
    }

    private String text(byte[] memory, int index) {
      if (spec.dtype().isBlock()) {
        int unit = spec.dtype().unitBytes();
        return "group " + Arrays.toString(Arrays.copyOfRange(memory, index * unit, (index + 1) * unit));
      }
      return String.valueOf(Elements.getDouble(spec.dtype(), MemorySegment.ofArray(memory), index));
    }
  }

  /// Near some numbers.
  ///
  /// @param bounds the largest error of an f32 result at each place; infinity where nothing can be said
  /// @param magnitudes where the last place of a narrow type is taken
  /// @param roundings how many units of a narrow type's last place may be added
  record Near(Shape shape, double[] values, double[] bounds, double[] magnitudes, double roundings) implements Expected {
    @Override
    public void check(Tensor got) {
      if (!got.shape().equals(shape)) throw wrong("got " + got.spec() + ", the reference gives shape " + shape);
      DType type = got.dtype();
      byte[] memory = type == DType.F32 ? new byte[0] : got.toBytes();
      float[] floats = type == DType.F32 ? got.toFloats() : new float[0];
      MemorySegment segment = MemorySegment.ofArray(memory);
      for (int i = 0; i < values.length; i++) {
        double actual = type == DType.F32 ? floats[i] : Elements.getDouble(type, segment, i);
        double bound = bounds[i];
        if (type == DType.BF16 || type == DType.F16) bound += roundings * Types.ulp(type, magnitudes[i]);
        if (!Types.isWithin(type, actual, values[i], bound)) {
          throw wrong(String.format(Locale.ROOT,
              "element %d of %s: got %.9g, the reference gives %.9g, off by %.3g; allowed %.3g", i, got
                  .spec(), actual, values[i], Math.abs(actual - values[i]), bound));
        }
      }
    }
  }

  private static AssertionError wrong(String message) { return new AssertionError(message); }

  /// Checks all results.
  static void check(List<Expected> expected, List<Tensor> got) {
    if (expected.size() != got.size()) throw wrong("got " + got.size() + " results, the reference gives " + expected.size());
    for (int i = 0; i < got.size(); i++) {
      try {
        expected.get(i).check(got.get(i));
      } catch (AssertionError e) {
        throw got.size() == 1 ? e : wrong("result " + i + ": " + e.getMessage());
      }
    }
  }

  /// What a float type can hold.
  final class Types {
    private Types() {}

    /// The unit in the last place at a magnitude.
    static double ulp(DType type, double magnitude) {
      double m = Math.abs(magnitude);
      return switch (type) {
        case F32 -> Math.ulp((float) Math.min(m, Float.MAX_VALUE));
        case BF16 -> Math.scalb(1, Math.max(Math.getExponent(Math.min(m, 0x1.fep127)), -126) - 7);
        case F16 -> Math.scalb(1, Math.max(Math.getExponent(Math.min(m, 65504)), -14) - 10);
        default -> Math.ulp(m);
      };
    }

    /// From which magnitude on a number is rounded to infinity.
    private static double overflow(DType type) {
      return switch (type) {
        case F32 -> 0x1.ffffffp127;
        case BF16 -> 0x1.ffp127;
        case F16 -> 65520;
        default -> Double.POSITIVE_INFINITY;
      };
    }

    static boolean isWithin(DType type, double actual, double value, double bound) {
      if (bound == Double.POSITIVE_INFINITY || actual == value) return true;
      if (Double.isNaN(value) || Double.isNaN(actual)) return Double.isNaN(value) && Double.isNaN(actual);
      if (Double.isInfinite(actual))
        return Math.abs(value) + bound >= overflow(type) && Math.signum(value) == Math.signum(actual);
      return Math.abs(actual - value) <= bound;
    }
  }
}

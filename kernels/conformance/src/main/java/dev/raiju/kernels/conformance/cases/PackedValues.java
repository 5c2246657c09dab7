package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;

/// Matrices of packed blocks: any bits, but for the numbers in f16, whose size is one that values up to about 1 have.
final class PackedValues {
  private PackedValues() {}

  static Value of(Choices c, DType type, long rows, long width) {
    Spec spec = Spec.of(type, rows, width);
    byte[] contents = c.bits(DType.U8, Shape.of(spec.bytes())).contents();
    if (type == DType.F8_E4M3_G32 || type == DType.F8_E5M2_G32) return eights(c, type, spec);
    int[] scales = scales(type);
    double[] sizes = c.uniform(DType.F32, -1, 1, Shape.of(spec.shape().elements() / type.unit() * scales.length)).numbers();
    for (int i = 0; i < sizes.length; i++) {
      int at = i / scales.length * type.unitBytes() + scales[i % scales.length];
      short scale = Float.floatToFloat16((float) sizes[i] / range(type));
      contents[at] = (byte) scale;
      contents[at + 1] = (byte) (scale >> 8);
    }
    return Value.of(spec, contents);
  }

  /// A scale in f32, then 8-bit floats.
  private static Value eights(Choices c, DType type, Spec spec) {
    int blocks = Math.toIntExact(spec.shape().elements() / type.unit());
    byte[] codes = c.numbers(DType.F32, spec.shape()).to(type == DType.F8_E4M3_G32 ? DType.F8_E4M3 : DType.F8_E5M2).contents();
    byte[] scales = c.uniform(DType.F32, -1, 1, Shape.of(blocks)).contents();
    byte[] contents = new byte[Math.toIntExact(spec.bytes())];
    for (int i = 0; i < blocks; i++) {
      System.arraycopy(scales, 4 * i, contents, 36 * i, 4);
      System.arraycopy(codes, 32 * i, contents, 36 * i + 4, 32);
    }
    return Value.of(spec, contents);
  }

  /// Where a block has numbers in f16.
  private static int[] scales(DType type) {
    return switch (type) {
      case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
      case Q2_K -> new int[] {80, 82};
      case Q3_K -> new int[] {108};
      case Q6_K -> new int[] {208};
      default -> new int[] {0};
    };
  }

  /// The largest value of a block whose scale is 1.
  private static float range(DType type) {
    return switch (type) {
      case Q8_0, Q3_K -> 128;
      case Q4_0, Q4_1 -> 16;
      case Q5_0, Q5_1 -> 32;
      case Q2_K -> 45;
      case Q4_K -> 945;
      case Q5_K -> 1953;
      default -> 4096;
    };
  }
}

package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import java.util.List;

/// The types of elements as the kernels number them (`Type` in their common header).
final class ElementType {
  private static final List<DType> NUMBERED = List.of(DType.F32, DType.F16, DType.BF16, DType.I64, DType.I32, DType.I8, DType.U8,
      DType.BOOL, DType.I16, DType.U16, DType.U32, DType.U64, DType.F8_E4M3, DType.F8_E5M2);

  private ElementType() {}

  /// Whether kernels know single elements of this type: all but f64 and the block types.
  static boolean isKnown(DType type) { return NUMBERED.contains(type); }

  static int code(DType type) {
    int code = NUMBERED.indexOf(type);
    if (code < 0) throw new IllegalStateException("gpu: " + type + " has no number; kernels must not be chosen for it");
    return code;
  }

  /// Whether values are read as floats: for casts, the 8-bit ones too.
  static boolean isReal(DType type) {
    return isFloat(type) || type == DType.F8_E4M3 || type == DType.F8_E5M2;
  }

  /// Whether it is a float type that is computed with.
  static boolean isFloat(DType type) { return type == DType.F32 || type == DType.F16 || type == DType.BF16; }

  static boolean isFloat(Spec spec) { return isFloat(spec.dtype()); }

  /// Whether a type can be computed with in formulas, reductions and the like.
  static boolean isComputed(DType type) { return isFloat(type) || type.isInteger() || type == DType.BOOL; }
}

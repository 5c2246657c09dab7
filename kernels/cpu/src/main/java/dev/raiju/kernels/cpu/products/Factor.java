package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;

/// One factor of a product, as lines along the summed axis: the rows of the left factor, the columns of the right one.
///
/// @param address of the first element
/// @param type f32, f16, bf16 or a block type
/// @param lineStride elements from a line to the next
/// @param depthStride elements from one to the next along a line; 1 for block types
/// @param rounding the type that elements are rounded to before they are multiplied; f32 leaves them as they are
record Factor(long address, DType type, long lineStride, long depthStride, DType rounding) {
  static Factor of(long address, DType type, long lineStride, long depthStride) {
    return new Factor(address, type, lineStride, depthStride, DType.F32);
  }

  Factor rounded(DType to) { return new Factor(address, type, lineStride, depthStride, to); }

  /// The factor that begins `elements` further on.
  Factor from(long elements) { return new Factor(address + bytes(elements), type, lineStride, depthStride, rounding); }

  /// The address of element `depth` of a line.
  long at(long line, long depth) { return address + bytes(line * lineStride + depth * depthStride); }

  // elements may be counted backwards, so this is not DType.bytes
  private long bytes(long elements) { return elements / type.unit() * type.unitBytes(); }

  /// Whether elements are multiplied as they lie in memory.
  boolean plain() { return type == DType.F32 && rounding == DType.F32; }
}

package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.backend.BlockPlaces;
import java.util.Optional;

/// One factor of a product, as lines along the summed axis: the rows of the left factor, the columns of the right one.
///
/// @param address of the first element; of a block type none
/// @param type f32, f16, bf16 or a block type
/// @param lineStride elements from a line to the next
/// @param depthStride elements from one to the next along a line; 1 for block types
/// @param rounding the type that elements are rounded to before they are multiplied; f32 leaves them as they are, and i8, for blocks
/// of 8 bits, means that their codes are multiplied
/// @param blocks where those of a block type lie
record Factor(long address, DType type, long lineStride, long depthStride, DType rounding, Optional<BlockPlaces> blocks) {
  static Factor of(long address, DType type, long lineStride, long depthStride) {
    return new Factor(address, type, lineStride, depthStride, DType.F32, Optional.empty());
  }

  /// A factor of a block type, whose lines run along the blocks.
  static Factor of(BlockPlaces blocks, long lineStride) {
    return new Factor(0, blocks.type(), lineStride, 1, DType.F32, Optional.of(blocks));
  }

  /// A factor that lies nowhere: for asking what its product takes.
  static Factor sized(DType type, DType rounding) { return of(0, type, 0, 0).rounded(rounding); }

  Factor rounded(DType to) { return new Factor(address, type, lineStride, depthStride, to, blocks); }

  /// The factor that begins `elements` further on.
  Factor from(long elements) {
    return new Factor(address + bytes(elements), type, lineStride, depthStride, rounding, blocks.map(b -> b.from(elements / type
        .unit())));
  }

  /// The factor whose lines run across those of this one.
  Factor across() { return new Factor(address, type, depthStride, lineStride, rounding, blocks); }

  /// The address of element `depth` of a line.
  long at(long line, long depth) { return address + bytes(line * lineStride + depth * depthStride); }

  // elements may be counted backwards, so this is not DType.bytes
  private long bytes(long elements) { return elements / type.unit() * type.unitBytes(); }

  /// Whether it is the lines that lie side by side in memory.
  boolean isSideBySide() { return lineStride == 1 && depthStride != 1; }

  /// Whether elements are numbers of bf16 when they are multiplied.
  boolean isBf16() { return rounding == DType.BF16 || rounding == DType.F32 && type == DType.BF16; }

  /// Whether elements are multiplied as they lie in memory.
  boolean plain() { return type == DType.F32 && rounding == DType.F32; }
}

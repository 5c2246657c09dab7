package dev.raiju.tensor.backend;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/// Where the blocks of a tensor of a block type lie in host memory, as absolute addresses: each in one piece, its scale, its bias
/// and then its codes, or in [BlockPlanes]. A block of a GGUF file is one piece, read by [PackedBlocks]; its codes stand for all of it.
///
/// @param type the block type
/// @param codes of the first block
/// @param codeStep bytes from the codes of a block to those of the next
/// @param scales of the first block
/// @param biases of the first block
/// @param scaleStep bytes from a scale or a bias to the next
public record BlockPlaces(DType type, long codes, long codeStep, long scales, long biases, long scaleStep) {
  /// Those of a tensor, counted from its own first block.
  public static BlockPlaces of(Tensor t) { return ofBuffer(t).from(t.layout().offset() / t.dtype().unit()); }

  /// Those of the whole memory of a tensor.
  public static BlockPlaces ofBuffer(Tensor t) {
    DType type = t.dtype();
    if (type.isPacked()) return packed(type, t.buffer());
    int scaleBytes = type.scaleType().unitBytes();
    if (t.buffer() instanceof BlockPlanes planes) {
      long codeBytes = type.unitBytes() - 2L * scaleBytes;
      return new BlockPlaces(type, planes.codes(), codeBytes, planes.scales(), planes.biases(), scaleBytes);
    }
    long first = ((HostBuffer) t.buffer()).address();
    return new BlockPlaces(type, first + 2L * scaleBytes, type.unitBytes(), first, first + scaleBytes, type.unitBytes());
  }

  private static BlockPlaces packed(DType type, Buffer buffer) {
    // one scale for all
    if (buffer instanceof BlockPlanes planes)
      return new BlockPlaces(type, planes.codes(), type.unit(), planes.scales(), planes.scales(), 0);
    long first = ((HostBuffer) buffer).address();
    boolean scaled = type == DType.F8_E4M3_G32 || type == DType.F8_E5M2_G32;
    return new BlockPlaces(type, scaled ? first + Float.BYTES : first, type.unitBytes(), first, first, type.unitBytes());
  }

  /// Copies a block of planes to where another is in one piece.
  public void copy(long block, BlockPlaces target, long to) {
    int scaleBytes = type.isPacked() ? Float.BYTES : type.scaleType().unitBytes();
    long codeBytes = type.isPacked() ? type.unit() : type.unitBytes() - 2L * scaleBytes;
    MemorySegment all = HostMemory.ALL;
    MemorySegment.copy(all, scale(block), all, target.scale(to), scaleBytes);
    MemorySegment.copy(all, bias(block), all, target.bias(to), scaleBytes);
    MemorySegment.copy(all, codes(block), all, target.codes(to), codeBytes);
  }

  /// The same from a later block on.
  public BlockPlaces from(long block) {
    return new BlockPlaces(type, codes(block), codeStep, scale(block), bias(block), scaleStep);
  }

  /// Where the codes of a block are.
  public long codes(long block) { return codes + block * codeStep; }

  /// Where the scale of a block is.
  public long scale(long block) { return scales + block * scaleStep; }

  /// Where the bias of a block is.
  public long bias(long block) { return biases + block * scaleStep; }
}

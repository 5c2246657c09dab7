package dev.raiju.kernels.metal;

import dev.raiju.kernels.gpu.MemoryBlock;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// One buffer of Metal.
///
/// @param address where kernels find it
/// @param host the same memory as the host sees it
record Block(CommandQueue queue, MemorySegment buffer, long address, long bytes, MemorySegment host) implements MemoryBlock {
  /// A new one that kernels can reach from now on, unless there is not enough memory.
  static Optional<Block> allocate(Metal metal, CommandQueue queue, long bytes) {
    return metal.newBuffer(bytes).map(buffer -> of(metal, queue, buffer, bytes, metal.contents(buffer, bytes)));
  }

  /// Pages of the host, not copied.
  static Optional<Block> over(Metal metal, CommandQueue queue, MemorySegment pages) {
    return metal.newBufferOver(pages).map(buffer -> of(metal, queue, buffer, pages.byteSize(), pages));
  }

  private static Block of(Metal metal, CommandQueue queue, MemorySegment buffer, long bytes, MemorySegment host) {
    queue.reach(buffer);
    return new Block(queue, buffer, metal.address(buffer), bytes, host);
  }

  @Override
  public void free() { queue.forget(buffer); }
}

package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.util.ArrayList;
import java.util.List;

/// Memory of one's own for the time of a chunk, handed out piece by piece from blocks of the pool.
final class Scratch implements AutoCloseable {
  private static final long LINE = HostMemory.ALIGNMENT;
  // one size for nearly all blocks, so that the pool has one at hand
  private static final long BLOCK = 512 << 10;

  private final List<HostBuffer> blocks = new ArrayList<>(1);
  private long next;
  private long end;

  /// The address of a piece for `floats` f32 numbers, aligned to a cache line, with undefined contents.
  long take(long floats) {
    // a cache line more keeps pieces of a power of two apart in the caches
    long bytes = ((4 * floats + LINE - 1) & -LINE) + LINE;
    if (end - next < bytes) {
      HostBuffer block = HostMemory.allocate(Math.max(BLOCK, bytes));
      blocks.add(block);
      next = block.address();
      end = next + block.bytes();
    }
    long piece = next;
    next += bytes;
    return piece;
  }

  @Override
  public void close() { blocks.forEach(HostBuffer::release); }
}

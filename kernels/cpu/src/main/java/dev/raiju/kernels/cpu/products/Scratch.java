package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.util.ArrayList;
import java.util.List;

/// Memory of one's own for the time of a chunk, handed out piece by piece from blocks of the pool.
final class Scratch implements Pieces, AutoCloseable {
  private static final long LINE = HostMemory.ALIGNMENT;
  // one size for nearly all blocks, so that the pool has one at hand
  private static final long BLOCK = 512 << 10;

  private final List<HostBuffer> blocks = new ArrayList<>(1);
  private long next;
  private long end;

  /// The bytes of a piece: a cache line more keeps pieces of a power of two apart in the caches.
  static long pieceBytes(long floats) { return ((4 * floats + LINE - 1) & -LINE) + LINE; }

  /// The size to ask the pool for when a piece does not fit any more.
  static long blockBytes(long pieceBytes) { return Math.max(BLOCK, pieceBytes); }

  @Override
  public long take(long floats) {
    long bytes = pieceBytes(floats);
    if (end - next < bytes) {
      HostBuffer block = HostMemory.allocate(blockBytes(bytes));
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

package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;

/// Memory of one's own for the time of a chunk, handed out piece by piece from a block of the pool.
final class Scratch implements AutoCloseable {
  private static final long LINE = HostMemory.ALIGNMENT;

  private final HostBuffer block;
  private long next;

  Scratch(long bytes) {
    block = HostMemory.allocate(bytes);
    next = block.address();
  }

  /// What a piece of `floats` f32 numbers takes of a block.
  static long bytes(long floats) { return (4 * floats + LINE - 1) & -LINE; }

  /// The address of a piece for `floats` f32 numbers, aligned to a cache line.
  long take(long floats) {
    long piece = next;
    next += bytes(floats);
    if (next > block.address() + block.bytes()) throw new IllegalStateException("scratch: asked for more than was planned");
    return piece;
  }

  @Override
  public void close() { block.release(); }
}

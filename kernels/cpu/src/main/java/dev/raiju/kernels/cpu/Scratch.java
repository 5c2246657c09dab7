package dev.raiju.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A block of memory that belongs to the current thread, for values that live within one part of a loop.
final class Scratch {
  private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);
  private static final int ALIGNMENT = 64;

  private MemorySegment memory = Arena.ofAuto().allocate(1 << 18, ALIGNMENT);

  private Scratch() {}

  /// The address of `bytes` bytes, aligned to a cache line, with undefined contents. They are good until the thread asks again.
  static long address(long bytes) {
    Scratch own = OWN.get();
    if (own.memory.byteSize() < bytes) own.memory = Arena.ofAuto().allocate(bytes, ALIGNMENT);
    return own.memory.address();
  }

  /// `bytes` rounded up to whole cache lines.
  static long padded(long bytes) { return (bytes + ALIGNMENT - 1) & -ALIGNMENT; }
}

package dev.raiju.tensor.backend;

import java.lang.foreign.MemorySegment;

/// Memory of the host, native and little-endian. Kernels address it absolutely, through [HostMemory#ALL].
public final class HostBuffer extends Buffer {
  private final MemorySegment segment;
  private final Runnable whenFreed;

  HostBuffer(MemorySegment segment, Runnable whenFreed) {
    this.segment = segment;
    this.whenFreed = whenFreed;
  }

  /// A buffer over memory that something else owns, such as a mapped file; `whenFreed` tells that owner.
  ///
  /// @throws IllegalArgumentException if the segment lies on the Java heap
  public static HostBuffer over(MemorySegment segment, Runnable whenFreed) {
    if (!segment.isNative()) throw new IllegalArgumentException("buffer: the segment lies on the Java heap; needs native memory");
    return new HostBuffer(segment, whenFreed);
  }

  @Override
  public long bytes() { return segment.byteSize(); }

  public MemorySegment segment() { return segment; }

  /// Where the memory begins: an offset into [HostMemory#ALL].
  public long address() { return segment.address(); }

  @Override
  protected void free() { whenFreed.run(); }
}

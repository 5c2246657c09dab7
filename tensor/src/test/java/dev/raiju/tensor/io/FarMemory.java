package dev.raiju.tensor.io;

import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.Buffer;
import java.lang.foreign.MemorySegment;

/// A device whose memory the host cannot address.
final class FarMemory implements Backend {
  private static final class Far extends Buffer {
    final MemorySegment memory;

    Far(long bytes) { memory = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]); }

    @Override
    public long bytes() { return memory.byteSize(); }

    @Override
    protected void free() {}
  }

  @Override
  public String name() { return "far"; }

  @Override
  public String describe() { return "memory on the Java heap"; }

  @Override
  public Buffer allocate(long bytes) { return new Far(bytes); }

  @Override
  public void write(Buffer target, long offset, MemorySegment source) {
    MemorySegment.copy(source, 0, ((Far) target).memory, offset, source.byteSize());
  }

  @Override
  public void read(Buffer source, long offset, MemorySegment target) {
    MemorySegment.copy(((Far) source).memory, offset, target, 0, target.byteSize());
  }
}

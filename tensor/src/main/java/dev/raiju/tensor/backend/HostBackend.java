package dev.raiju.tensor.backend;

import java.lang.foreign.MemorySegment;

/// A backend whose tensors live in [HostMemory]: what backends that compute on the CPU share.
public interface HostBackend extends Backend {
  @Override
  default Buffer allocate(long bytes) { return HostMemory.allocate(bytes); }

  @Override
  default void releaseUnused() { HostMemory.releaseUnused(); }

  @Override
  default void write(Buffer target, long offset, MemorySegment source) {
    MemorySegment.copy(source, 0, ((HostBuffer) target).segment(), offset, source.byteSize());
  }

  @Override
  default Buffer part(Buffer whole, long offset, long bytes) {
    return HostBuffer.over(((HostBuffer) whole).segment().asSlice(offset, bytes), () -> {});
  }

  @Override
  default void read(Buffer source, long offset, MemorySegment target) {
    MemorySegment.copy(((HostBuffer) source).segment(), offset, target, 0, target.byteSize());
  }
}

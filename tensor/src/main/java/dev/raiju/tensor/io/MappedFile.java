package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/// A file as memory: nothing is read before it is used. The mapping lives as long as this object or a tensor over it does.
final class MappedFile implements AutoCloseable {
  private static final long ALIGNMENT = 64;

  private final String source;
  // counts this object and every tensor over the mapping as an owner; the last one unmaps
  private final HostBuffer mapping;
  private boolean closed;

  private MappedFile(String source, HostBuffer mapping) {
    this.source = source;
    this.mapping = mapping;
  }

  /// @param source what it is called in messages
  static MappedFile of(FileChannel channel, String source) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return new MappedFile(source, HostBuffer.over(channel.map(MapMode.READ_ONLY, 0, channel.size(), arena), arena::close));
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// A file whose bytes are here already; they are copied.
  static MappedFile of(byte[] file, String source) {
    Arena arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(file.length, ALIGNMENT).copyFrom(MemorySegment.ofArray(file));
    return new MappedFile(source, HostBuffer.over(memory, arena::close));
  }

  /// The tensor whose bytes begin at `begin`, in row-major order. On a device that computes in host memory it lies in the file.
  Tensor tensor(Spec spec, long begin, Device device) {
    MemorySegment bytes = retained(begin, spec.bytes());
    if (device.backend() instanceof HostBackend) {
      return Tensor.over(spec, HostBuffer.over(bytes, mapping::release), device);
    }
    try {
      return Tensor.of(spec, bytes, device);
    } finally {
      mapping.release();
    }
  }

  /// The tensor whose elements lie as `layout` says in the `bytes` from `begin` on.
  Tensor tensor(DType dtype, Layout layout, long begin, long bytes, Device device) {
    HostBuffer view = HostBuffer.over(retained(begin, bytes), mapping::release);
    if (device.backend() instanceof HostBackend) return Tensor.over(dtype, layout, view, device);
    try (Tensor here = Tensor.over(dtype, layout, view, Device.reference())) {
      return Trace.silently(() -> here.to(device));
    }
  }

  /// Bytes of the file, for as long as this object is open.
  MemorySegment bytes(long begin, long bytes) { return mapping.segment().asSlice(begin, bytes); }

  /// Bytes of the file, with one more owner of the mapping.
  private synchronized MemorySegment retained(long begin, long bytes) {
    if (closed) throw new IllegalStateException(source + ": used after close");
    MemorySegment slice = mapping.segment().asSlice(begin, bytes);
    mapping.retain();
    return slice;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) return;
      closed = true;
    }
    mapping.release();
  }

  @Override
  public String toString() { return source; }
}

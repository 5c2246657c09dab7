package dev.raiju.tensor.io;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;

/// Writes the bytes of tensors, in row-major order.
public final class TensorBytes {
  // what is brought from a device, or handed to the system, at one time
  private static final long CHUNK = 16 << 20;

  private TensorBytes() {}

  /// Writes all of a tensor, from whichever device it is on.
  public static void write(Tensor tensor, WritableByteChannel out) throws IOException {
    try (Scope scope = Scope.open(); Tensor plain = Trace.silently(tensor::contiguous).alias()) {
      long begin = plain.layout().offset() / plain.dtype().unit() * plain.dtype().unitBytes();
      if (plain.buffer() instanceof HostBuffer host) write(host.segment().asSlice(begin, plain.spec().bytes()), out);
      else
        writeStaged(plain, begin, out);
    }
  }

  private static void write(MemorySegment bytes, WritableByteChannel out) throws IOException {
    for (long done = 0; done < bytes.byteSize(); done += CHUNK) {
      out.write(bytes.asSlice(done, Math.min(CHUNK, bytes.byteSize() - done)).asByteBuffer());
    }
  }

  private static void writeStaged(Tensor plain, long begin, WritableByteChannel out) throws IOException {
    HostBuffer staging = HostMemory.allocate(CHUNK);
    try {
      long bytes = plain.spec().bytes();
      for (long done = 0; done < bytes; done += CHUNK) {
        MemorySegment chunk = staging.segment().asSlice(0, Math.min(CHUNK, bytes - done));
        plain.device().backend().read(plain.buffer(), begin + done, chunk);
        write(chunk, out);
      }
    } finally {
      staging.release();
    }
  }
}

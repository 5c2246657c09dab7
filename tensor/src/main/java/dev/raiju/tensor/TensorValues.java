package dev.raiju.tensor;

import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;

/// Brings a tensor's values to Java arrays.
final class TensorValues {
  private TensorValues() {}

  static byte[] bytes(Tensor t) { return read(t, memory -> memory.toArray(ValueLayout.JAVA_BYTE)); }

  static float[] floats(Tensor t) {
    if (t.dtype() == DType.F32) return read(t, memory -> memory.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    double[] wide = doubles(t);
    float[] result = new float[wide.length];
    for (int i = 0; i < result.length; i++) result[i] = (float) wide[i];
    return result;
  }

  static double[] doubles(Tensor t) {
    requirePlain(t);
    return read(t, memory -> {
      double[] values = new double[Math.toIntExact(t.shape().elements())];
      for (int i = 0; i < values.length; i++) values[i] = Elements.getDouble(t.dtype(), memory, i);
      return values;
    });
  }

  static long[] longs(Tensor t) {
    requirePlain(t);
    return read(t, memory -> {
      long[] values = new long[Math.toIntExact(t.shape().elements())];
      for (int i = 0; i < values.length; i++) values[i] = Elements.getLong(t.dtype(), memory, i);
      return values;
    });
  }

  private static void requirePlain(Tensor t) {
    if (t.dtype().isBlock()) throw new ShapeException("read: %s: dequantize it first", t.spec());
  }

  /// Refuses a tensor that is only planned.
  static void requireValues(String op, Tensor t) {
    if (t.device().backend().hasValues()) return;
    throw new IllegalStateException(op + ": " + t.spec() + " on " + t.device() + " has no values: it is only planned");
  }

  /// Reads from the tensor's contiguous bytes in host memory.
  private static <T> T read(Tensor t, Function<MemorySegment, T> reader) {
    t.requireOpen("read");
    requireValues("read", t);
    try (Scope scope = Scope.open(); Tensor source = Trace.silently(t::contiguous).alias()) {
      long bytes = t.spec().bytes();
      long offset = source.layout().offset() / t.dtype().unit() * t.dtype().unitBytes();
      if (source.buffer() instanceof HostBuffer host) return reader.apply(host.segment().asSlice(offset, bytes));
      HostBuffer staging = HostMemory.allocate(bytes);
      try {
        MemorySegment memory = staging.segment().asSlice(0, bytes);
        t.device().backend().read(source.buffer(), offset, memory);
        return reader.apply(memory);
      } finally {
        staging.release();
      }
    }
  }
}

package dev.raiju.tensor;

import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;

/// Brings a tensor's values to Java arrays and to other devices.
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

  /// The tensor's values on another device, in a tensor that no scope owns.
  static Tensor moved(Tensor t, Device to) {
    requireValues("to", t);
    return read(t, memory -> written(t.spec(), memory, to));
  }

  /// A tensor with these contents that no scope owns.
  static Tensor written(Spec spec, MemorySegment contents, Device device) {
    Buffer buffer = device.backend().allocate(spec.bytes());
    try {
      device.backend().write(buffer, 0, contents);
    } catch (RuntimeException e) {
      buffer.release();
      throw e;
    }
    return new Tensor(spec, Layout.contiguous(spec.shape()), buffer, device, Tensor.newId());
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

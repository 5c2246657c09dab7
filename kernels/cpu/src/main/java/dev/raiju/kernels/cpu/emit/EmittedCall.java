package dev.raiju.kernels.cpu.emit;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Calls emitted functions: one handle for all of them, so that a call compiles to little more than the jump. Functions that need
/// fewer arguments leave the last ones alone.
final class EmittedCall {
  private static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG,
      JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG), Linker.Option
          .critical(false));

  private EmittedCall() {}

  static void run(MemorySegment function, long a, long b, long c, long d, long e, long f, long g, long h, long i, long j, long k,
      long l) {
    try {
      CALL.invokeExact(function, a, b, c, d, e, f, g, h, i, j, k, l);
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }
}

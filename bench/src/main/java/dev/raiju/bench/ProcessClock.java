package dev.raiju.bench;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The processor time of this process, all threads together: `clock` of the C library, in microseconds on POSIX. What the
/// platform's management bean gives is counted in hundredths of a second.
final class ProcessClock {
  private static final MethodHandle CLOCK = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup()
      .findOrThrow("clock"), FunctionDescriptor.of(ValueLayout.JAVA_LONG));

  private ProcessClock() {}

  static long micros() {
    try {
      return (long) CLOCK.invokeExact();
    } catch (Throwable t) {
      throw new IllegalStateException("clock: " + t.getMessage(), t);
    }
  }
}

package dev.raiju.tensor.io;

import java.lang.reflect.Method;

/// What this thread has used so far. By reflection, since the module does not read the management modules.
final class Resources {
  /// What any input may cost, besides 4 bytes for each of its own.
  static final long FREE_BYTES = 64 << 20;

  private static final Object THREADS;
  private static final Method CPU_TIME;
  private static final Method ALLOCATED;

  static {
    try {
      THREADS = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean").invoke(null);
      CPU_TIME = Class.forName("java.lang.management.ThreadMXBean").getMethod("getCurrentThreadCpuTime");
      ALLOCATED = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private Resources() {}

  static long allocatedBytes() throws Exception { return (long) ALLOCATED.invoke(THREADS); }

  /// Bytes of the Java heap that are reachable.
  static long heldBytes() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  static long cpuNanos() throws Exception { return (long) CPU_TIME.invoke(THREADS); }
}

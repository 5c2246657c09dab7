package dev.raiju.kernels.cpu.emit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Memory between two pages that nobody may touch: an access outside ends the process.
final class GuardedMemory implements AutoCloseable {
  private static final long PAGE = 4096;
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle PROTECT = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("mprotect"),
      FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle UNMAP = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("munmap"),
      FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

  private final MemorySegment all;
  private final long address;

  /// @param atEnd whether the bytes end where the second guard begins, else they begin where the first one ends
  GuardedMemory(long bytes, boolean atEnd) {
    long inner = Math.max(PAGE, (bytes + PAGE - 1) & -PAGE);
    all = new PosixPages().map(inner + 2 * PAGE);
    address = all.address() + PAGE + (atEnd ? inner - bytes : 0);
    forbid(all.asSlice(0, PAGE));
    forbid(all.asSlice(PAGE + inner));
  }

  long address() { return address; }

  private static void forbid(MemorySegment page) {
    try {
      if ((int) PROTECT.invokeExact(page, PAGE, 0) != 0) throw new AssertionError("mprotect failed");
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  @Override
  public void close() {
    try {
      if ((int) UNMAP.invokeExact(all, all.byteSize()) != 0) throw new AssertionError("munmap failed");
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}

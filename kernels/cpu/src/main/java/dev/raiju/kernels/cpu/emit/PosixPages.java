package dev.raiju.kernels.cpu.emit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// Memory from `mmap` and `mprotect`, with the constants of Linux on x86-64.
final class PosixPages implements CodeMemory.Pages {
  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int EXECUTE = 4;
  private static final int PRIVATE = 2;
  private static final int ANONYMOUS = 0x20;

  private static final Linker.Option ERROR = Linker.Option.captureCallState("errno");
  private static final VarHandle ERRNO = Linker.Option.captureStateLayout().varHandle(PathElement.groupElement("errno"));

  private final MethodHandle mmap;
  private final MethodHandle mprotect;

  PosixPages() {
    mmap = find("mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    mprotect = find("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  }

  private static MethodHandle find(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, ERROR);
  }

  @Override
  public MemorySegment map(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      MemorySegment memory = (MemorySegment) mmap.invokeExact(state, MemorySegment.NULL, bytes, READ | WRITE, PRIVATE | ANONYMOUS,
          -1, 0L);
      if (memory.address() == -1) throw refused("mmap", state);
      return memory.reinterpret(bytes);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  @Override
  public void makeExecutable(MemorySegment memory) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      int failed = (int) mprotect.invokeExact(state, memory, memory.byteSize(), READ | EXECUTE);
      if (failed != 0) throw refused("mprotect", state);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  private static CodeMemory.RefusedException refused(String call, MemorySegment state) {
    return new CodeMemory.RefusedException("the system refuses executable memory: " + call + ": errno " + (int) ERRNO.get(state,
        0L));
  }

  private static RuntimeException unchecked(Throwable t) {
    return switch (t) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(t);
    };
  }
}

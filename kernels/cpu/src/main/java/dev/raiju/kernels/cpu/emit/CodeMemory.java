package dev.raiju.kernels.cpu.emit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Makes bytes executable, for the whole life of the process: memory is first writable, then executable, never both.
final class CodeMemory {
  /// What the system offers for it, as POSIX names it.
  interface Pages {
    /// Fresh memory of this size that can be read and written.
    ///
    /// @throws RefusedException if the system gives none
    MemorySegment map(long bytes);

    /// Makes memory readable and executable, and no longer writable.
    ///
    /// @throws RefusedException if the system forbids it
    void makeExecutable(MemorySegment memory);
  }

  /// The system does not let this process have executable memory.
  static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RefusedException(String message) { super(message); }
  }

  private CodeMemory() {}

  /// A copy of `code` that can be called, at the beginning of a page.
  ///
  /// @throws RefusedException if the system allows no such thing
  static MemorySegment load(Pages pages, byte[] code) {
    MemorySegment memory = pages.map(code.length);
    MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
    pages.makeExecutable(memory);
    return memory.asReadOnly();
  }
}

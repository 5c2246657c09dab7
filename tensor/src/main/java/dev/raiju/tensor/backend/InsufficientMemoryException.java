package dev.raiju.tensor.backend;

import java.util.Locale;

/// The system gave no more memory for tensors.
public final class InsufficientMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  InsufficientMemoryException(long wanted, long held, Throwable cause) {
    this(wanted, held);
    initCause(cause);
  }

  /// @param wanted bytes that were asked for
  /// @param held bytes that are in use
  public InsufficientMemoryException(long wanted, long held) {
    super(String.format(Locale.ROOT,
        "memory: cannot get %,d bytes: %,d are held already; use a smaller size or length, or give the machine more", wanted,
        held));
  }
}

package dev.raiju.tensor.io;

import java.io.IOException;

/// Something could not be stored. What was there before is whole; the message says so, and what went wrong.
public final class StorageException extends IOException {
  private static final long serialVersionUID = 1;

  StorageException(String message) { super(message); }

  StorageException(String message, IOException cause) { super(message, cause); }
}

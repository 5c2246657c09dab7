package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.file.Path;

/// A file that is not what it claims to be, or that we refuse. The message is one line: file, entry, what is wrong.
public final class ModelFormatException extends IOException {
  private static final long serialVersionUID = 1;

  private final Reason reason;

  public ModelFormatException(Reason reason, Path file, String problem) {
    super(file + ": " + problem);
    this.reason = reason;
  }

  /// Why it was refused.
  public Reason reason() { return reason; }

  /// Everything that a file can be refused for.
  public enum Reason { TOO_SHORT }
}

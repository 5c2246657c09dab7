package dev.raiju.bench;

/// A command line that means nothing. The message is all that the user sees.
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public UsageException(String message) { super(message); }
}

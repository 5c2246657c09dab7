package dev.raiju.export.cli;

/// Something that the user can mend. The message is all they see: one line.
final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// 2 for a wrong command line, 1 for everything else.
  private final int status;

  private UserError(int status, String message) {
    super(message);
    this.status = status;
  }

  static UserError usage(String message) { return new UserError(2, message); }

  static UserError of(String message) { return new UserError(1, message); }

  int status() { return status; }
}

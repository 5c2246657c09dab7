package dev.raiju.tensor;

import java.util.Locale;

/// Sizes, axes or types that do not fit an operation. The message is one line: what is wrong, the values seen, what is needed.
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public ShapeException(String format, Object... values) { super(String.format(Locale.ROOT, format, values)); }
}

package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Budget;
import java.util.Optional;

/// How much memory a command may take.
final class Memory {
  static final Option OPTION = Option.of("--memory", "SIZE",
      "for weights and activations together, such as 8G; refuses what does not fit");

  private Memory() {}

  /// @param command is named in errors
  static Optional<Budget> given(Arguments arguments, String command) {
    return arguments.text(OPTION.name()).map(text -> new Budget(bytes(text, command)));
  }

  /// The bytes that `8G`, `512M`, `1.5GiB` or a plain number stand for.
  static long bytes(String text, String command) {
    String number = text.strip().replaceFirst("(?i)(i?b)?$", "");
    long unit = 1;
    int at = number.isEmpty() ? -1 : "KMGT".indexOf(Character.toUpperCase(number.charAt(number.length() - 1)));
    if (at >= 0) {
      unit = 1L << 10 * (at + 1);
      number = number.substring(0, number.length() - 1);
    }
    try {
      double bytes = Double.parseDouble(number) * unit;
      if (bytes >= 1 && bytes < 1L << 60) return (long) bytes;
    } catch (NumberFormatException e) {
      // told below
    }
    throw UserError.usage(command + ": --memory: got " + text + "; needs bytes, such as 8G or 512M");
  }
}

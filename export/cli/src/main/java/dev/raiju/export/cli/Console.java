package dev.raiju.export.cli;

import java.io.PrintStream;

/// Where a command talks: results to the standard output, everything else to the standard error.
///
/// A line stays a line: names and prompts come from files, and what in them would move a terminal's cursor is shown as `�`.
final class Console {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean terminal;
  private boolean meter;

  /// @param terminal whether the standard error is a terminal, where a progress line can be rewritten
  Console(PrintStream out, PrintStream err, boolean terminal) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  boolean isTerminal() { return terminal; }

  /// A line of the result.
  synchronized void print(String line) {
    clearMeter();
    out.println(harmless(line));
    out.flush();
  }

  /// A line for the person, not part of the result.
  synchronized void note(String line) {
    clearMeter();
    err.println(harmless(line));
    err.flush();
  }

  /// Where an exception came from.
  synchronized void trace(Throwable problem) {
    clearMeter();
    problem.printStackTrace(err);
    err.flush();
  }

  /// Shows a progress line in place of the last one, on a terminal; elsewhere nothing.
  synchronized void meter(String line) {
    if (!terminal) return;
    err.print("\r\033[K" + harmless(line));
    err.flush();
    meter = true;
  }

  private void clearMeter() {
    if (meter) err.print("\r\033[K");
    meter = false;
  }

  private static String harmless(String line) {
    StringBuilder safe = new StringBuilder(line);
    for (int i = 0; i < safe.length(); i++) {
      switch (Character.getType(safe.charAt(i))) {
        case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          safe.setCharAt(i, '\ufffd');
        default -> {
        }
      }
    }
    return safe.toString();
  }

  /// Leaves the terminal clean.
  synchronized void close() {
    clearMeter();
    err.flush();
    out.flush();
  }
}

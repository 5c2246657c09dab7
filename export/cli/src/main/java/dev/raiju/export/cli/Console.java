package dev.raiju.export.cli;

import java.io.PrintStream;

/// Where a command talks: results to the standard output, everything else to the standard error.
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
    out.println(line);
    out.flush();
  }

  /// A line for the person, not part of the result.
  synchronized void note(String line) {
    clearMeter();
    err.println(line);
    err.flush();
  }

  /// Shows a progress line in place of the last one, on a terminal; elsewhere nothing.
  synchronized void meter(String line) {
    if (!terminal) return;
    err.print("\r\033[K" + line);
    err.flush();
    meter = true;
  }

  private void clearMeter() {
    if (meter) err.print("\r\033[K");
    meter = false;
  }

  /// Leaves the terminal clean.
  synchronized void close() {
    clearMeter();
    err.flush();
    out.flush();
  }
}

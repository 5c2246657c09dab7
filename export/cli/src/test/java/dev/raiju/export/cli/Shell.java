package dev.raiju.export.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// A console that remembers, for command lines run in this process.
final class Shell {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Console console;

  Shell(boolean terminal) { this.console = new Console(stream(out), stream(err), terminal); }

  private static PrintStream stream(ByteArrayOutputStream bytes) { return new PrintStream(bytes, true, StandardCharsets.UTF_8); }

  /// What a command line came to.
  record Outcome(int status, String out, String err) {
    List<String> lines() { return out.lines().toList(); }

    List<String> notes() { return err.lines().toList(); }
  }

  Outcome run(Object... words) {
    int status = Raiju.run(Arrays.stream(words).map(Object::toString).toList(), console);
    return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /// Runs a command line where there is no terminal.
  static Outcome raiju(Object... words) { return new Shell(false).run(words); }
}

package dev.raiju.export.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The `raiju` command: `raiju VERB …`.
public final class Raiju {
  static final List<Command> COMMANDS = List.of(new Generate(), new Decode(), new Replay(), new Estimate(), new Inspect(),
      new Convert(), new ExportModel(), new Play(), new Mock(), new Step(), new Types(),
      new Verify(),
      new Train(), new Prune(), new Evaluate(), new Doctor());

  /// What a process ends with that was stopped by Ctrl-C.
  static final int INTERRUPTED = 130;

  private static final String DEBUG = "--debug";

  private Raiju() {}

  public static void main(String[] typed) {
    Console console = console();
    int status;
    try (Interruption _ = Interruption.guard(Thread.currentThread())) {
      status = run(List.of(typed), console);
      console.close();
    }
    System.exit(status);
  }

  /// Runs one command line.
  ///
  /// @return the exit status: 0 for success, 1 for a failure, 2 for a wrong command line, 130 if it was interrupted
  static int run(List<String> typed, Console console) {
    List<String> words = new ArrayList<>(typed);
    int end = words.indexOf("--");
    boolean debug = (end < 0 ? words : words.subList(0, end)).remove(DEBUG);
    try {
      return dispatch(words, console);
    } catch (UserError e) {
      console.note("raiju: " + e.getMessage());
      return e.status();
    } catch (Exception | OutOfMemoryError | StackOverflowError | AssertionError e) {
      if (Failure.isCancellation(e)) {
        console.note("raiju: stopped; what was not finished is not there");
        return INTERRUPTED;
      }
      console.note("raiju: " + Failure.line(e));
      if (debug) console.trace(e);
      return 1;
    }
  }

  private static int dispatch(List<String> typed, Console console) throws Exception {
    if (typed.isEmpty() || List.of("help", "--help", "-h").contains(typed.getFirst())) {
      List<String> of = typed.size() > 1 ? Help.of(find(typed.get(1))) : Help.overview();
      of.forEach(console::print);
      return typed.isEmpty() ? 2 : 0;
    }
    if (List.of("version", "--version", "-V").contains(typed.getFirst())) {
      console.print("raiju " + version());
      return 0;
    }
    Command command = find(typed.getFirst());
    List<String> rest = typed.subList(1, typed.size());
    int end = rest.indexOf("--");
    List<String> options = end < 0 ? rest : rest.subList(0, end);
    if (options.contains("--help") || options.contains("-h")) {
      Help.of(command).forEach(console::print);
      return 0;
    }
    return command.run(Arguments.parse(command, rest), console);
  }

  private static Command find(String verb) {
    for (Command command : COMMANDS) {
      if (command.name().equals(verb)) return command;
    }
    List<String> known = new ArrayList<>(COMMANDS.stream().map(Command::name).toList());
    // the launcher runs them: one must build first, the other has a class path of its own
    known.addAll(List.of("bench", "test"));
    throw UserError.usage("no such command: " + verb + Spelling.suggestion(verb, known) + "; there are " + String.join(", ",
        known));
  }

  /// The version of this build.
  static String version() {
    var descriptor = Raiju.class.getModule().getDescriptor();
    return descriptor == null ? "unknown" : descriptor.rawVersion().orElse("unknown");
  }

  /// The folder of the project, where the shipped model lies; the launcher tells it.
  static Path root() { return Path.of(System.getProperty("raiju.root", "")).toAbsolutePath().normalize(); }

  /// The launcher hands over the real standard error as another descriptor, since the JVM's own one is filtered of a warning
  /// about the vector module.
  private static Console console() {
    int descriptor = Integer.getInteger("raiju.stderr", 2);
    if (descriptor != 2) {
      try {
        FileDescriptor real = new FileDescriptor();
        var field = FileDescriptor.class.getDeclaredField("fd");
        field.setAccessible(true);
        field.setInt(real, descriptor);
        System.setErr(new PrintStream(new FileOutputStream(real), true, StandardCharsets.UTF_8));
      } catch (ReflectiveOperationException | RuntimeException e) {
        System.err.println("raiju: standard error cannot be taken over: " + e);
      }
    }
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
    return new Console(System.out, System.err, Boolean.getBoolean("raiju.terminal"));
  }
}

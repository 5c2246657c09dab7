package dev.raiju.export.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// The `raiju` command: `raiju VERB …`.
public final class Raiju {
  static final List<Command> COMMANDS = List.of(new Doctor());

  private Raiju() {}

  public static void main(String[] typed) {
    Console console = console();
    int status = run(List.of(typed), console);
    console.close();
    System.exit(status);
  }

  /// Runs one command line.
  ///
  /// @return the exit status: 0 for success, 1 for a failure, 2 for a wrong command line
  static int run(List<String> typed, Console console) {
    try {
      if (typed.isEmpty() || List.of("help", "--help", "-h").contains(typed.getFirst())) {
        Help.overview().forEach(console::print);
        return typed.isEmpty() ? 2 : 0;
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
    } catch (UserError e) {
      console.note("raiju: " + e.getMessage());
      return e.status();
    } catch (Exception e) {
      // the messages of the engine are written for users; the kind tells where to look when one is not
      console.note("raiju: " + Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName()));
      if (Boolean.getBoolean("raiju.stacktrace")) e.printStackTrace();
      return 1;
    }
  }

  private static Command find(String verb) {
    for (Command command : COMMANDS) {
      if (command.name().equals(verb)) return command;
    }
    List<String> known = COMMANDS.stream().map(Command::name).toList();
    throw UserError.usage("no such command: " + verb + Spelling.suggestion(verb, known) + "; there are " + String.join(", ",
        known));
  }

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

package dev.raiju.export.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the user typed after the verb, taken apart: options in any place, `--name value` or `--name=value`; after `--` only
/// plain words.
final class Arguments {
  // a device is that of a backend, and some say the one for the other
  private static final String OTHER_NAME_OF_DEVICE = "--backend";

  private final Command command;
  private final List<String> words = new ArrayList<>();
  private final Map<String, String> values = new LinkedHashMap<>();

  private Arguments(Command command) { this.command = command; }

  /// @throws UserError for an option that the command does not have, or a missing value
  static Arguments parse(Command command, List<String> typed) {
    Arguments arguments = new Arguments(command);
    for (int i = 0; i < typed.size(); i++) {
      String word = typed.get(i);
      if (word.equals("--")) {
        arguments.words.addAll(typed.subList(i + 1, typed.size()));
        break;
      }
      // a negative number is a value
      if (!word.startsWith("-") || word.length() < 2 || Character.isDigit(word.charAt(1))) {
        arguments.words.add(word);
        continue;
      }
      int equals = word.indexOf('=');
      Option option = arguments.find(equals < 0 ? word : word.substring(0, equals));
      if (option.isFlag()) {
        if (equals >= 0) throw arguments.wrong(option.name() + " takes no value");
        arguments.values.put(option.name(), "");
      } else {
        if (equals < 0 && i + 1 == typed.size()) throw arguments.wrong(option.name() + ": needs a value: " + option.value());
        arguments.values.put(option.name(), equals < 0 ? typed.get(++i) : word.substring(equals + 1));
      }
    }
    return arguments;
  }

  private Option find(String typed) {
    String name = typed.equals(OTHER_NAME_OF_DEVICE) ? "--device" : typed;
    List<String> known = new ArrayList<>();
    for (Option option : command.options()) {
      if (option.name().equals(name)) return option;
      known.add(option.name());
    }
    throw wrong("no such option: " + typed + Spelling.suggestion(typed, known) + "; see raiju " + command.name() + " --help");
  }

  private UserError wrong(String problem) { return UserError.usage(command.name() + ": " + problem); }

  /// The words that belong to no option.
  List<String> words() { return List.copyOf(words); }

  /// The one word that is expected.
  String word(String role) {
    if (words.size() != 1) {
      throw wrong((words.isEmpty() ? "needs " : "got " + words.size() + " words, needs only ") + role + ": raiju " + command
          .name() + " "
          + command.arguments());
    }
    return words.getFirst();
  }

  /// The words as paths, of which there must be one at least.
  List<Path> paths(String role) {
    if (words.isEmpty()) throw wrong("needs " + role + ": raiju " + command.name() + " " + command.arguments());
    return words.stream().map(word -> path(role, word)).toList();
  }

  /// The one path that is expected.
  Path onlyPath(String role) { return path(role, word(role)); }

  boolean has(String option) { return values.containsKey(option); }

  Optional<String> text(String option) { return Optional.ofNullable(values.get(option)); }

  Optional<Path> path(String option) {
    return text(option).map(text -> path(option, text));
  }

  private Path path(String what, String text) {
    try {
      Path path = Path.of(text);
      if (path.getFileName() != null && !text.isBlank()) return path;
    } catch (InvalidPathException e) {
      // told below
    }
    throw wrong(what + ": not the name of a file or folder: '" + text + "'");
  }

  /// A whole number within bounds, or `fallback`.
  long whole(String option, long least, long most, long fallback) {
    String text = values.get(option);
    if (text == null) return fallback;
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) return value;
    } catch (NumberFormatException e) {
      // told below, with the bounds
    }
    throw wrong(option + ": got " + text + "; needs a whole number from " + least + " to " + most);
  }

  /// A number within bounds, or `fallback`.
  double number(String option, double least, double most, double fallback) {
    String text = values.get(option);
    if (text == null) return fallback;
    try {
      double value = Double.parseDouble(text);
      if (value >= least && value <= most) return value;
    } catch (NumberFormatException e) {
      // told below, with the bounds
    }
    throw wrong(option + ": got " + text + "; needs a number from " + least + " to " + most);
  }
}

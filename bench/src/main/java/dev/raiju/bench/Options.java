package dev.raiju.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Options and words of a command line: `--name value` or `--name=value`, in any order.
public final class Options {
  private final List<String> words = new ArrayList<>();
  private final Map<String, List<String>> values = new HashMap<>();

  private Options() {}

  /// @param valued the options that take a value
  /// @param flags those that take none
  /// @throws UsageException for any other
  public static Options parse(List<String> typed, Set<String> valued, Set<String> flags) {
    Options options = new Options();
    for (int i = 0; i < typed.size(); i++) {
      String word = typed.get(i);
      int equals = word.indexOf('=');
      String name = equals < 0 ? word : word.substring(0, equals);
      if (!word.startsWith("--")) {
        options.words.add(word);
      } else if (flags.contains(word)) {
        options.values.put(word, List.of());
      } else if (!valued.contains(name)) {
        List<String> known = new ArrayList<>(valued);
        known.addAll(flags);
        throw new UsageException("no such option: " + word + "; there are " + String.join(", ", known.stream().sorted()
            .toList()));
      } else if (equals < 0 && i + 1 == typed.size()) {
        throw new UsageException(name + ": needs a value");
      } else {
        options.values.computeIfAbsent(name, _ -> new ArrayList<>()).add(equals < 0
            ? typed.get(++i)
            : word.substring(equals + 1));
      }
    }
    return options;
  }

  /// What is no option.
  public List<String> words() { return List.copyOf(words); }

  /// Whether an option was given.
  public boolean has(String name) { return values.containsKey(name); }

  /// Every value that was given for an option.
  public List<String> all(String name) { return values.getOrDefault(name, List.of()); }

  /// The last value of an option, or `fallback`.
  public String text(String name, String fallback) { return all(name).isEmpty() ? fallback : all(name).getLast(); }

  /// The parts of a list with commas.
  List<String> list(String name, String fallback) {
    return Arrays.stream(text(name, fallback).split(",")).map(String::strip).filter(part -> !part.isEmpty()).toList();
  }

  /// A whole number within bounds, or `fallback`.
  public int whole(String name, int least, int most, int fallback) {
    String text = text(name, String.valueOf(fallback));
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) return value;
    } catch (NumberFormatException e) {
      // told below, with the bounds
    }
    throw new UsageException(name + ": got " + text + "; needs a whole number from " + least + " to " + most);
  }

  /// The kinds that were asked for; all if none was.
  List<Kind> kinds() {
    return list("--dtype", Kind.labels()).stream().map(label -> Kind.of(label).orElseThrow(() -> new UsageException(
        "--dtype: no such type: " + label + "; there are " + Kind.labels()))).toList();
  }
}

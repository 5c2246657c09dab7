package dev.raiju.training.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;

/// The fifth of all combinations that training never shows: 56 of 280 for shapes, 14 of 70 for digits. A model that gets them
/// right has learned the attributes, not the clips.
///
/// The list is the file `held-out.txt`: what was held out from the shipped model cannot change with the code. It was made by a
/// rule: to every pair of colour and motion one shape is missing, to every motion two digits, so that every pair of attributes
/// is seen in training.
public final class HeldOut {
  private static final Set<String> LIST = load();
  private static final Combinations HELD_OUT = choose(true);
  private static final Combinations TRAINING = choose(false);

  private HeldOut() {}

  /// What training never shows.
  public static Combinations combinations() { return HELD_OUT; }

  /// All the rest.
  public static Combinations training() { return TRAINING; }

  public static boolean contains(Combination combination) { return LIST.contains(combination.words()); }

  private static Combinations choose(boolean heldOut) {
    return new Combinations(Combination.shapes().stream().filter(c -> contains(c) == heldOut).toList(),
        Combination.digits().stream().filter(c -> contains(c) == heldOut).toList());
  }

  private static Set<String> load() {
    InputStream resource = HeldOut.class.getResourceAsStream("held-out.txt");
    if (resource == null) throw new IllegalStateException("held-out: no resource held-out.txt");
    try (var reader = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.startsWith("#")).collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      throw new UncheckedIOException("held-out: the resource cannot be read", e);
    }
  }
}

package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.Choices;
import dev.raiju.tensor.Rng;
import java.util.Arrays;
import java.util.stream.Collectors;

/// All that a drawn case depends on, beside its row and type: the decisions and the seed of the numbers.
///
/// @param choices decisions in the order in which they are asked for; beyond the last one, all are 0
/// @param seed of the numbers that fill tensors
/// @param length the length that every axis with lanes has, or -1 to draw each
record Plan(int[] choices, long seed, long length) {
  // more than any row asks for; what is not asked for does no harm
  static final int CHOICES = 40;
  // divisible by all small numbers, so that their remainders are equally likely
  static final int BOUND = 5040;

  /// The next plan of a random source.
  static Plan of(Rng rng, long length) {
    int[] choices = new int[CHOICES];
    for (int i = 0; i < CHOICES; i++) choices[i] = rng.nextInt(BOUND);
    return new Plan(choices, rng.nextBits() & 0xffffffffL, length);
  }

  /// The decisions from the beginning.
  Choices open() {
    int[] next = {0};
    Choices all = Choices.of(() -> next[0] < choices.length ? choices[next[0]++] : 0, Rng.of(seed));
    return length < 0 ? all : all.withLength(length);
  }

  /// This plan on one line, as [#parse] reads it.
  @Override
  public String toString() {
    int used = choices.length;
    while (used > 0 && choices[used - 1] == 0) used--;
    String list = Arrays.stream(choices, 0, used).mapToObj(String::valueOf).collect(Collectors.joining(","));
    return seed + ":" + length + ":" + list;
  }

  static Plan parse(String text) {
    String[] parts = text.split(":", 3);
    int[] choices = parts[2].isEmpty() ? new int[0] : Arrays.stream(parts[2].split(",")).mapToInt(Integer::parseInt).toArray();
    return new Plan(choices, Long.parseLong(parts[0]), Long.parseLong(parts[1]));
  }
}

package dev.raiju.bench.study;

import java.util.Arrays;
import java.util.Optional;

/// What models are compared by.
enum Measure {
  /// The flow-matching loss of true clips of held-out combinations, at the end.
  LOSS("loss", true, false),
  /// The same right after the first stage of several: of a pruned model, before anything was trained.
  FIRST_LOSS("first loss", true, false),
  /// The flow-matching loss under the study's other words.
  OTHER_LOSS("loss, other words", true, true),
  /// The part of clips with everything right.
  RIGHT("all right", false, false),
  /// The part of what prompts say that is right.
  ATTRIBUTES("attributes", false, false),
  OTHER_RIGHT("all right, other words", false, true),
  OTHER_ATTRIBUTES("attributes, other words", false, true),
  /// The distance of the set of clips from true ones.
  FVD_S("FVD-S", true, false);

  private final String words;
  private final boolean less;
  private final boolean otherWords;

  Measure(String words, boolean less, boolean otherWords) {
    this.words = words;
    this.less = less;
    this.otherWords = otherWords;
  }

  static Optional<Measure> of(String words) { return Arrays.stream(values()).filter(m -> m.words.equals(words)).findFirst(); }

  /// As in configurations and reports.
  String words() { return words; }

  /// Whether less is better.
  boolean less() { return less; }

  /// Which words the prompts have, as it stands in results.
  String wording() { return otherWords ? RawResults.OTHER : RawResults.USUAL; }
}

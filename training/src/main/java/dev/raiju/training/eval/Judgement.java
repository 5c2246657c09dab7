package dev.raiju.training.eval;

import java.util.List;
import java.util.Optional;

/// A clip, judged: one verdict for each attribute that its prompt speaks of, and for count and steadiness always.
public record Judgement(List<Verdict> verdicts) {
  public Judgement {
    verdicts = List.copyOf(verdicts);
  }

  /// Whether all of it is right.
  public boolean right() { return verdicts.stream().allMatch(Verdict::right); }

  /// Empty if the prompt does not speak of it.
  public Optional<Verdict> of(Attribute attribute) {
    return verdicts.stream().filter(verdict -> verdict.attribute() == attribute).findFirst();
  }
}

package dev.raiju.training.data;

import java.util.List;

/// Why a prompt may not give what its author expects.
public sealed interface Issue {
  /// One line for the author.
  String message();

  /// Two values where there is room for one: `a red blue circle`.
  ///
  /// @param what the attribute and the object that has it
  record Contradiction(String what, List<String> values) implements Issue {
    public Contradiction {
      values = List.copyOf(values);
    }

    @Override
    public String message() { return what + ": " + String.join(" and ", values) + " contradict each other"; }
  }

  /// A word that no training caption has.
  record UnknownWord(String word) implements Issue {
    @Override
    public String message() { return "'" + word + "': no training caption has this word"; }
  }

  /// A word that speaks of an object which is not there: `a large red`.
  record Dangling(String word) implements Issue {
    @Override
    public String message() { return "'" + word + "': of which object?"; }
  }

  /// Known words, but not in any combination that training shows.
  record Untrained(String what) implements Issue {
    @Override
    public String message() { return what + ": training shows no such clip"; }
  }

  /// No shape and no digit.
  record NothingToShow() implements Issue {
    @Override
    public String message() { return "the prompt names no shape and no digit"; }
  }
}

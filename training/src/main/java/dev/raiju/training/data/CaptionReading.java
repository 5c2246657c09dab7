package dev.raiju.training.data;

import java.util.List;

/// A prompt, read.
///
/// @param caption what it says; of values that contradict each other, the first
/// @param issues what is wrong with it, in order; empty for a prompt as in training
public record CaptionReading(Caption caption, List<Issue> issues) {
  public CaptionReading {
    issues = List.copyOf(issues);
  }
}

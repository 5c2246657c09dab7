package dev.raiju.training.loop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What is worth knowing of a step, by name: `loss` always, and what else a stage measures.
///
/// @param values in the order in which they are shown
/// @param applied whether the step is sound: false if a loss or gradient was not finite, or a spike, and so nothing changed
/// @param problems what a person should look at, a line each
public record Metrics(Map<String, Double> values, boolean applied, List<String> problems) {
  public Metrics {
    values = new LinkedHashMap<>(values);
    problems = List.copyOf(problems);
    if (!values.containsKey("loss")) throw new IllegalArgumentException("metrics: no loss among " + values.keySet());
  }

  /// Without problems.
  public Metrics(Map<String, Double> values, boolean applied) { this(values, applied, List.of()); }

  /// Loss and gradient norm of one learner.
  public static Metrics of(Learner.Outcome outcome, double rate) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", outcome.loss());
    values.put("gradient norm", outcome.gradientNorm());
    values.put("rate", rate);
    return new Metrics(values, outcome.isSound());
  }

  public double loss() { return values.getOrDefault("loss", Double.NaN); }
}

package dev.raiju.models.nn;

import java.util.ArrayList;
import java.util.List;

/// How a checkpoint fits a model.
///
/// @param source the file
/// @param naming the way of naming that was found in it
/// @param loaded names, as in the file, of what fits
/// @param missing what the model has and the file does not, each with the name that may have been meant
/// @param unexpected what the file has and the model does not
/// @param mismatched names with the shape or type in the file and the one needed
public record LoadReport(String source, String naming, List<String> loaded, List<String> missing, List<String> unexpected,
    List<String> mismatched) {
  // more than a reader looks at
  private static final int SHOWN = 8;

  public LoadReport {
    loaded = List.copyOf(loaded);
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    mismatched = List.copyOf(mismatched);
  }

  /// Whether every parameter has its tensor and nothing is left over.
  public boolean isFull() { return missing.isEmpty() && unexpected.isEmpty() && mismatched.isEmpty(); }

  /// One line: the counts, and the first problems.
  public String summary() {
    String counts = naming + " names: loaded " + loaded.size() + ", missing " + missing.size() + ", unexpected " + unexpected
        .size() + ", wrong " + mismatched.size();
    List<String> problems = new ArrayList<>();
    mismatched.forEach(problems::add);
    missing.forEach(name -> problems.add("missing " + name));
    unexpected.forEach(name -> problems.add("unexpected " + name));
    if (problems.isEmpty()) return counts;
    String rest = problems.size() > SHOWN ? "; and " + (problems.size() - SHOWN) + " more" : "";
    return counts + ": " + String.join("; ", problems.subList(0, Math.min(SHOWN, problems.size()))) + rest;
  }

  @Override
  public String toString() { return source + ": " + summary(); }
}

package dev.raiju.models.verify;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// How a golden file was met.
///
/// @param file the file
/// @param entries what was compared, in the order of the computation
/// @param problem why comparing ended early, if it did
/// @param unused how many tensors of the file nobody looked at
/// @param isChecked false for a golden file of a kind that nobody here can compute
public record VerifyResult(Path file, List<Comparison.Entry> entries, Optional<String> problem, long unused, boolean isChecked) {
  public VerifyResult { entries = List.copyOf(entries); }

  /// Whether something was compared, and all of it agrees.
  public boolean passed() { return problem.isEmpty() && !entries.isEmpty() && firstFailure().isEmpty(); }

  /// The first tensor, in the order of the computation, that does not agree.
  public Optional<Comparison.Entry> firstFailure() { return entries.stream().filter(entry -> !entry.passed()).findFirst(); }

  /// The tensor that used up most of its tolerance.
  public Optional<Comparison.Entry> worst() {
    return entries.stream().max(Comparator.comparingDouble(Comparison.Entry::severity));
  }

  /// One line: the file, the verdict, and the worst tensor with its error.
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(file.toString()).append(passed() ? ": ok" : ": FAILED");
    firstFailure().ifPresent(entry -> line.append(", first ").append(entry));
    worst().ifPresent(entry -> line.append(", worst ").append(entry));
    line.append(", ").append(entries.size()).append(" compared");
    if (unused > 0) line.append(", ").append(unused).append(" not used");
    problem.ifPresent(text -> line.append("; ").append(text));
    return line.toString();
  }
}

package dev.raiju.models.verify;

import java.io.IOException;
import java.util.Map;

/// Knows how to compute what is in golden files, and compares. Found by `ServiceLoader`: a module that can compute more (gradients,
/// training steps) provides more checks, also for kinds that others check in part.
@FunctionalInterface
public interface GoldenChecks {
  /// A check for each kind of file.
  Map<String, Check> checks();

  /// Computes what a file holds, by the sizes that it tells, and compares. The order is that of the computation: the first tensor
  /// that fails is where to look.
  @FunctionalInterface
  interface Check {
    void run(GoldenFile golden, Comparison results) throws IOException;
  }
}

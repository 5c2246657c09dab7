package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.backend.Backend;

/// Runs rows on a backend, aspect by aspect. Failures are [AssertionError]s that say how to repeat them.
final class Suite implements AutoCloseable {
  /// Around the lane counts 4, 8, 16 and 32, and nothing.
  private static final long[] LENGTHS = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65};

  private final Subject subject;
  private final DrawnCases drawn;
  private final Examples examples;
  private final int effort;
  private final long mostElements;
  private @org.jspecify.annotations.Nullable FarPlaces far;

  /// @param effort how many cases are drawn for each row and type
  Suite(Backend backend, Support support, int effort, long mostElements) {
    this.subject = new Subject(backend, support);
    this.drawn = new DrawnCases(subject, (_, _) -> {
    });
    this.examples = new Examples(subject);
    this.effort = effort;
    this.mostElements = mostElements;
  }

  Tally tally() { return subject.tally; }

  void check(OpCase row, Aspect aspect) {
    long begin = System.nanoTime();
    try {
      switch (aspect) {
        case FORWARD -> each(row, aspect, effort, -1, drawn::forward);
        case SIZES -> {
          for (long length : LENGTHS) each(row, aspect, Math.max(1, effort / 50), length, drawn::forward);
        }
        case GRADIENT -> {
          each(row, aspect, Math.max(4, effort / 4), -1, drawn::gradient);
          for (long length : new long[] {0, 1, 17}) each(row, aspect, 2, length, drawn::gradient);
        }
        case SPECIALS -> examples.specials(row);
        case REFUSALS -> examples.refusals(row);
        case MISUSE -> new Misuse(subject).check(row);
        case SAVED -> new SavedTensors(subject).check(row);
        case RELEASE -> new Failures(subject).check(row);
        case LARGE -> far(row);
        case SUPPORT -> new Kernels(subject).check(row);
      }
    } catch (RuntimeException | AssertionError e) {
      if (e instanceof AssertionError && String.valueOf(e.getMessage()).contains("repeat with")) throw e;
      throw new AssertionError(row.name() + ": " + aspect.label() + ": " + e.getMessage(), e);
    } finally {
      subject.tally.spent(row, System.nanoTime() - begin);
    }
  }

  @FunctionalInterface
  private interface Check {
    boolean run(OpCase row, DType type, Plan plan);
  }

  private void each(OpCase row, Aspect aspect, int tries, long length, Check check) {
    for (DType type : row.types()) {
      long seed = (row.name() + type + length).hashCode();
      try {
        Explorer.explore(tries, length, seed, plan -> {
          if (check.run(row, type, plan)) subject.tally.count(aspect);
        });
      } catch (Explorer.Failed e) {
        throw repeatable(row, aspect, type, e.plan(), e);
      }
    }
  }

  private static AssertionError repeatable(OpCase row, Aspect aspect, DType type, Plan plan, Throwable e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String what;
    try {
      what = DrawnCases.describe(row, type, plan, aspect == Aspect.GRADIENT);
    } catch (RuntimeException unknown) {
      what = "a case that cannot be drawn";
    }
    String how = cause instanceof AssertionError ? String.valueOf(cause.getMessage()) : cause.toString();
    return new AssertionError(row.name() + ": " + aspect.label() + ": " + type + ": " + how + ": " + what + "; repeat with -D"
        + BackendConformance.REPEAT + "='" + row.name() + "|" + aspect.label() + "|" + type + "|" + plan + "'", cause);
  }

  /// Runs one case again.
  void repeat(OpCase row, Aspect aspect, DType type, Plan plan) {
    try {
      if (aspect == Aspect.GRADIENT) drawn.gradient(row, type, plan);
      else drawn.forward(row, type, plan);
    } catch (RuntimeException | AssertionError e) {
      throw repeatable(row, aspect, type, plan, new Explorer.Failed(plan, e));
    }
  }

  private void far(OpCase row) {
    if (!FarPlaces.isPossible(subject)) {
      subject.tally.skip("places beyond 2^31: the backend does not compute in host memory");
      return;
    }
    if (far == null) far = new FarPlaces(subject, mostElements);
    far.check(row);
  }

  @Override
  public void close() {
    if (far != null) far.close();
  }
}

package dev.raiju.kernels.conformance;

import java.util.Iterator;
import java.util.Random;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.sessions.JqwikSession;

/// Runs a check on plans that jqwik draws, and makes the first one that fails small.
final class Explorer {
  // enough to bring some 40 decisions to their simplest
  private static final int SHRINKING_STEPS = 400;

  private Explorer() {}

  /// A plan that fails, as small as was found, and how.
  static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Plan plan;

    Failed(Plan plan, Throwable cause) {
      super(cause);
      this.plan = plan;
    }

    Plan plan() { return plan; }
  }

  private static Arbitrary<Plan> plans(long length) {
    Arbitrary<int[]> choices = Arbitraries.integers().between(0, Plan.BOUND - 1).withDistribution(RandomDistribution.uniform())
        .array(
            int[].class).ofSize(Plan.CHOICES);
    return Combinators.combine(choices, Arbitraries.longs().between(0, 1L << 40)).as((c, seed) -> new Plan(c, seed, length));
  }

  /// Checks `tries` plans.
  ///
  /// @throws Failed with the smallest failing plan
  static void explore(int tries, long length, long seed, Consumer<Plan> check) {
    JqwikSession.run(() -> {
      RandomGenerator<Plan> generator = plans(length).generator(1000, false);
      Random random = new Random(seed);
      for (int i = 0; i < tries; i++) {
        Shrinkable<Plan> drawn = generator.next(random);
        try {
          check.accept(drawn.value());
        } catch (RuntimeException | AssertionError e) {
          throw shrunk(drawn, e, check);
        }
      }
    });
  }

  private static Failed shrunk(Shrinkable<Plan> first, Throwable how, Consumer<Plan> check) {
    Shrinkable<Plan> smallest = first;
    Throwable failure = how;
    Iterator<Shrinkable<Plan>> candidates = smallest.shrink().iterator();
    for (int step = 0; step < SHRINKING_STEPS && candidates.hasNext(); step++) {
      Shrinkable<Plan> candidate = candidates.next();
      if (candidate.distance().compareTo(smallest.distance()) >= 0) continue;
      try {
        check.accept(candidate.value());
      } catch (RuntimeException | AssertionError e) {
        smallest = candidate;
        failure = e;
        candidates = smallest.shrink().iterator();
      }
    }
    return new Failed(smallest.value(), failure);
  }
}

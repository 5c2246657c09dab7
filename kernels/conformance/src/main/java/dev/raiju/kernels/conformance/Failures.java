package dev.raiju.kernels.conformance;

import dev.raiju.autograd.Tape;
import dev.raiju.kernels.conformance.WatchedBackend.PlannedFailure;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import java.util.List;
import java.util.function.LongConsumer;

/// Memory refused and kernels broken, the first one, the second one, and so on: whatever had been taken is given back.
final class Failures {
  // a gradient by definition has some hundreds of steps; the later ones repeat the earlier
  private static final int MOST = 24;

  private final Subject subject;

  Failures(Subject subject) { this.subject = subject; }

  void check(OpCase row) {
    DType type = row.types().getFirst();
    Sample sample = row.draw().sample(new Plan(new int[] {3, 1, 4, 1, 5, 2, 6}, 11, 3).open().tame(), type);
    subject.attempt(row, type, () -> {
      try (Scope scope = Scope.open()) {
        List<Tensor> in = subject.inputs(sample);
        long before = HostMemory.liveBuffers();
        subject.watched.restart();
        run(row, sample, in);
        long allocations = subject.watched.allocations();
        long runs = subject.watched.runs();
        requireReleased("a run without failures", before);
        failEach(row, sample, in, allocations, "allocation", subject.watched::failAllocation);
        failEach(row, sample, in, runs, "kernel", subject.watched::failRun);
      } finally {
        subject.watched.rest();
      }
    });
  }

  private void failEach(OpCase row, Sample sample, List<Tensor> in, long count, String what, LongConsumer plan) {
    long stride = Math.max(1, count / MOST);
    for (long n = 1; n <= count; n += stride) {
      long before = HostMemory.liveBuffers();
      subject.watched.restart();
      plan.accept(n);
      boolean failed = false;
      try {
        run(row, sample, in);
      } catch (PlannedFailure e) {
        failed = true;
      }
      if (!failed) throw new AssertionError(what + " " + n + " failed, and nobody said so");
      requireReleased(what + " " + n + " failed", before);
      subject.tally.count(Aspect.RELEASE);
    }
  }

  private void requireReleased(String when, long before) {
    long held = subject.watched.held();
    if (held > 0) throw new AssertionError(when + ": " + held + " buffers of the device are still owned");
    long now = HostMemory.liveBuffers();
    if (now != before) throw new AssertionError(when + ": " + (now - before) + " host buffers more than before");
  }

  /// Forward, and backward where there is a gradient.
  private static void run(OpCase row, Sample sample, List<Tensor> in) {
    boolean gradient = Oracle.hasGradient(row, sample);
    List<Tensor> wanted = gradient ? Oracle.differentiable(sample, in) : List.of();
    try (Scope scope = Scope.open()) {
      if (!gradient) {
        var _ = sample.op().apply(in);
        return;
      }
      try (Tape tape = Tape.record(wanted)) {
        List<Tensor> out = Oracle.floats(sample.op().apply(in));
        tape.gradients(out, out.stream().map(t -> t.like(1)).toList(), wanted);
      }
    }
  }
}

package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.Support.Own;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.ToDevice;
import dev.raiju.tensor.op.View;
import java.util.List;

/// Which rows have kernels of the backend's own, and whether that is what it declares.
final class Kernels {
  private static final int SAMPLES = 12;

  private final Subject subject;

  Kernels(Subject subject) { this.subject = subject; }

  void check(OpCase row) {
    for (DType type : row.types()) {
      Own declared = subject.support.of(row, type);
      Own found = found(row, type);
      // nothing but views: there is nothing to declare
      if (found == null) continue;
      subject.tally.kernels(row, type, found);
      subject.tally.count(Aspect.SUPPORT);
      if (!subject.support.isDeclared() || declared == found) continue;
      throw new AssertionError(type + ": " + switch (declared) {
        case NEVER -> "has kernels of its own, but does not declare them";
        case SOMETIMES -> "is declared to have kernels for some cases; it has them for " + (found == Own.ALWAYS ? "all" : "none");
        case ALWAYS -> "is declared to have kernels for every case; it has them for " + (found == Own.NEVER ? "none" : "some");
      });
    }
  }

  /// Whether all ops of a case have kernels, over some cases; null if there are no ops but views.
  private @org.jspecify.annotations.Nullable Own found(OpCase row, DType type) {
    int own = 0;
    int other = 0;
    Rng rng = Rng.of(17).stream(row.name());
    for (int i = 0; i < SAMPLES; i++) {
      Sample sample = row.draw().sample(Plan.of(rng, i == 0 ? 17 : -1).open(), type);
      Ops ops = new Ops();
      try (Scope scope = Scope.open(); var registration = Trace.listen(ops)) {
        var _ = sample.op().apply(sample.inputs().stream().map(v -> v.on(Device.reference())).toList());
      }
      if (ops.heard == 0) continue;
      if (ops.missing == 0) own++;
      else other++;
    }
    return own + other == 0 ? null : own == 0 ? Own.NEVER : other == 0 ? Own.ALWAYS : Own.SOMETIMES;
  }

  /// Counts the ops of a case and those for which the backend has no kernel.
  private final class Ops implements Trace.Listener {
    private int heard;
    private int missing;

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      if (op instanceof View || op instanceof ToDevice) return;
      heard++;
      if (subject.watched.backend().kernel(op, in.stream().map(Tensor::spec).toList()).isEmpty()) missing++;
    }
  }
}

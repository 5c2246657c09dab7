package dev.raiju.kernels.conformance;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A tensor that is written between forward and backward: the gradient is refused, or it is what it was.
final class SavedTensors {
  private final Subject subject;

  SavedTensors(Subject subject) { this.subject = subject; }

  void check(OpCase row) {
    DType type = row.types().getFirst();
    Sample sample = row.draw().sample(new Plan(new int[] {3, 1, 4, 1, 5, 2, 6}, 11, 3).open().tame(), type);
    if (!Oracle.hasGradient(row, sample)) return;
    subject.attempt(row, type, () -> {
      List<byte[]> untouched = gradients(sample, -1);
      int targets = sample.inputs().size() + results(sample);
      for (int i = 0; i < targets; i++) {
        try {
          List<byte[]> now = gradients(sample, i);
          if (!Arrays.deepEquals(untouched.toArray(), now.toArray()))
            throw new AssertionError("tensor " + i + " was written after the forward pass: a wrong gradient came back");
        } catch (IllegalStateException e) {
          if (!String.valueOf(e.getMessage()).contains("written after the forward pass")) throw e;
        }
        subject.tally.count(Aspect.SAVED);
      }
    });
  }

  private int results(Sample sample) {
    try (Scope scope = Scope.open()) {
      return sample.op().apply(subject.inputs(sample)).size();
    }
  }

  /// The gradients of all float results together; input or result `written` is overwritten before the backward pass.
  private List<byte[]> gradients(Sample sample, int written) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = subject.inputs(sample);
      List<Tensor> wanted = Oracle.differentiable(sample, in);
      try (Tape tape = Tape.record(wanted)) {
        List<Tensor> out = sample.op().apply(in);
        List<Tensor> all = new ArrayList<>(in);
        all.addAll(out);
        List<Tensor> floats = Oracle.floats(out);
        List<Tensor> ones = floats.stream().map(t -> t.like(1)).toList();
        if (written >= 0) overwrite(all.get(written));
        Gradients gradients = tape.gradients(floats, ones, wanted);
        return wanted.stream().map(t -> gradients.of(t).toBytes()).toList();
      }
    }
  }

  private void overwrite(Tensor t) {
    if (!t.layout().isContiguous() || t.dtype().isBlock()) return;
    Assign.assign(t, t.like(t.dtype().isFloat() ? 0.5 : 0));
  }
}

package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Op;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Inputs of another type, on another device, or closed: refused, whatever the op.
final class Misuse {
  private final Subject subject;

  Misuse(Subject subject) { this.subject = subject; }

  void check(OpCase row) {
    DType type = row.types().getFirst();
    Sample sample = row.draw().sample(new Plan(new int[0], 1, 2).open(), type);
    subject.attempt(row, type, () -> {
      Set<Integer> read = read(sample);
      for (int i = 0; i < sample.inputs().size(); i++) {
        if (!read.contains(i)) continue;
        closed(sample, i);
        if (sample.inputs().size() > 1) elsewhere(sample, i);
        if (mustAgree(sample, i)) otherType(sample, i);
      }
    });
  }

  /// The inputs that some op is given.
  private Set<Integer> read(Sample sample) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = subject.inputs(sample);
      Set<Long> ids = new HashSet<>();
      try (var registration = Trace.listen((Op _, List<Tensor> given, List<Tensor> _) -> given.forEach(t -> ids.add(t.id())))) {
        var _ = sample.op().apply(in);
      }
      Set<Integer> read = new HashSet<>();
      for (int i = 0; i < in.size(); i++) {
        if (ids.contains(in.get(i).id())) read.add(i);
      }
      return read;
    }
  }

  private static boolean mustAgree(Sample sample, int index) {
    Value value = sample.inputs().get(index);
    long floats = sample.inputs().stream().filter(v -> v.dtype().isFloat()).count();
    return value.dtype().isFloat() && !value.hasFreeType() && floats > 1;
  }

  private void closed(Sample sample, int index) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = subject.inputs(sample);
      in.get(index).close();
      var _ = sample.op().apply(in);
      throw new AssertionError("input " + index + " was closed, and nothing was thrown");
    } catch (IllegalStateException e) {
      if (!String.valueOf(e.getMessage()).contains("closed")) throw e;
      subject.tally.count(Aspect.MISUSE);
    }
  }

  private void elsewhere(Sample sample, int index) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = new ArrayList<>(subject.inputs(sample));
      in.set(index, sample.inputs().get(index).on(Device.reference()));
      var _ = sample.op().apply(in);
      throw new AssertionError("input " + index + " was on another device, and nothing was thrown");
    } catch (IllegalArgumentException e) {
      if (!String.valueOf(e.getMessage()).contains("different devices")) throw e;
      subject.tally.count(Aspect.MISUSE);
    }
  }

  private void otherType(Sample sample, int index) {
    try (Scope scope = Scope.open()) {
      List<Tensor> in = new ArrayList<>(subject.inputs(sample));
      Value value = sample.inputs().get(index);
      DType other = value.dtype() == DType.F32 ? DType.BF16 : DType.F32;
      in.set(index, value.to(other).on(subject.device));
      var _ = sample.op().apply(in);
      throw new AssertionError("input " + index + " was " + other + " beside " + value.dtype() + ", and nothing was thrown");
    } catch (ShapeException e) {
      subject.tally.count(Aspect.MISUSE);
    }
  }
}

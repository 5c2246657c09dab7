package dev.raiju.kernels.conformance;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.kernels.conformance.cases.Choices;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/// Cases drawn by a plan: results and gradients against the reference.
final class DrawnCases {
  private final Subject subject;
  /// Hears the results and gradients of every case that passed.
  private final BiConsumer<Plan, List<Tensor>> hearer;

  DrawnCases(Subject subject, BiConsumer<Plan, List<Tensor>> hearer) {
    this.subject = subject;
    this.hearer = hearer;
  }

  /// A sample whose inputs lie somehow.
  private record Laid(Sample sample, List<Laying> layings) {
    static Laid draw(OpCase row, DType type, Choices c) {
      Sample sample = row.draw().sample(c, type);
      List<Laying> layings = new ArrayList<>();
      List<Value> seen = new ArrayList<>();
      for (Value value : sample.inputs()) {
        Laying laying = Laying.draw(c, value);
        layings.add(laying);
        seen.add(laying.seenThrough(value));
      }
      return new Laid(sample.with(seen), layings);
    }

    List<Tensor> on(Device device) {
      List<Tensor> in = new ArrayList<>();
      for (int i = 0; i < layings.size(); i++) in.add(layings.get(i).on(sample.inputs().get(i), device));
      return in;
    }
  }

  /// The case in words.
  static String describe(OpCase row, DType type, Plan plan, boolean tame) {
    Choices c = plan.open();
    Laid laid = Laid.draw(row, type, tame ? c.tame() : c);
    return laid.sample + " laid " + laid.layings;
  }

  /// @return whether the case could run
  boolean forward(OpCase row, DType type, Plan plan) {
    Laid laid = Laid.draw(row, type, plan.open());
    return subject.attempt(row, type, () -> {
      try (Scope scope = Scope.open()) {
        List<Tensor> out = laid.sample.op().apply(laid.on(subject.device));
        Expected.check(Oracle.results(row, laid.sample), out);
        hearer.accept(plan, out);
      }
    });
  }

  /// @return whether there was a gradient and the case could run
  boolean gradient(OpCase row, DType type, Plan plan) {
    Laid laid = Laid.draw(row, type, plan.open().tame());
    if (!Oracle.hasGradient(row, laid.sample)) return false;
    return subject.attempt(row, type, () -> {
      try (Scope scope = Scope.open()) {
        List<Tensor> in = laid.on(subject.device);
        List<Tensor> wanted = Oracle.differentiable(laid.sample, in);
        List<Tensor> seen = new ArrayList<>();
        try (Tape tape = Tape.record(wanted)) {
          List<Tensor> out = laid.sample.op().apply(in);
          // this tape tracks the device's tensors alone, and hears nothing of the oracle's
          Oracle.Answer answer = Oracle.answer(row, laid.sample, type, plan.seed());
          Expected.check(answer.results(), out);
          Gradients gradients = gradients(tape, out, answer.cotangents(), wanted);
          for (int i = 0; i < wanted.size(); i++) {
            Tensor gradient = gradients.of(wanted.get(i));
            if (!gradient.spec().equals(wanted.get(i).spec()))
              throw new AssertionError("gradient " + i + " is " + gradient.spec() + ", its input " + wanted.get(i).spec());
            seen.add(gradient);
          }
          checkGradients(answer.gradients(), seen);
        }
        hearer.accept(plan, seen);
      }
    });
  }

  private static void checkGradients(List<Expected> expected, List<Tensor> got) {
    for (int i = 0; i < got.size(); i++) {
      try {
        expected.get(i).check(got.get(i));
      } catch (AssertionError e) {
        throw new AssertionError("gradient " + i + ": " + e.getMessage(), e);
      }
    }
  }

  private Gradients gradients(Tape tape, List<Tensor> out, List<Value> cotangents, List<Tensor> wanted) {
    List<Tensor> floats = Oracle.floats(out);
    List<Tensor> weights = new ArrayList<>();
    for (int i = 0; i < floats.size(); i++) weights.add(cotangents.get(i).to(floats.get(i).dtype()).on(subject.device));
    return tape.gradients(floats, weights, wanted);
  }
}

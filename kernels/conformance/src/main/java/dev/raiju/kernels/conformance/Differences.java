package dev.raiju.kernels.conformance;

import dev.raiju.autograd.GradCheck;
import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// Gradients of rows against difference quotients, in f64 on the reference device, where rounding does not hide mistakes.
final class Differences {
  private static final int DIRECTIONS = 2;

  private Differences() {}

  /// Checks `samples` cases of a row, every fifth of size 0 and every fifth of size 1, in all layouts; some of them to second order.
  ///
  /// @return how many cases had a gradient to check
  static int check(OpCase row, int samples, long seed) {
    int checked = 0;
    for (int i = 0; i < samples; i++) {
      Plan plan = Plan.of(Rng.of(seed + i).stream(row.name()), i % 5 == 3 ? 0 : i % 5 == 4 ? 1 : -1);
      // in f64 only the drawn numbers differ by type, and narrow ones meet jumps and ties
      DType type = row.types().contains(DType.F32) ? DType.F32 : row.types().get(i % row.types().size());
      try {
        if (sample(row, type, plan, i % 4 == 0)) checked++;
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(row.name() + ": differences: " + type + ": " + e.getMessage() + ": " + DrawnCases.describe(row,
            type, plan,
            true) + "; plan " + plan, e);
      }
    }
    return checked;
  }

  private static boolean sample(OpCase row, DType type, Plan plan, boolean twice) {
    try (Scope scope = Scope.open()) {
      var choices = plan.open().tame();
      Sample sample = row.draw().sample(choices, type);
      List<Tensor> all = new ArrayList<>();
      List<Integer> places = new ArrayList<>();
      for (int i = 0; i < sample.inputs().size(); i++) {
        Value value = sample.inputs().get(i).widened();
        Laying laying = Laying.draw(choices, value);
        all.add(laying.on(laying.seenThrough(value), Device.reference()));
        if (sample.inputs().get(i).isDifferentiable()) places.add(i);
      }
      Function<List<Tensor>, List<Tensor>> f = in -> sample.op().apply(replaced(all, places, in));
      List<Tensor> variables = places.stream().map(all::get).toList();
      // a result of another type was rounded, and rounding has no slope
      if (variables.isEmpty() || f.apply(variables).stream().anyMatch(t -> t.dtype().isFloat() && t.dtype() != DType.F64))
        return false;
      GradCheck.check(f, variables, DIRECTIONS, plan.seed());
      repeats(f, variables);
      if (twice) second(row, f, variables, plan.seed());
      return true;
    }
  }

  private static List<Tensor> replaced(List<Tensor> all, List<Integer> places, List<Tensor> in) {
    List<Tensor> changed = new ArrayList<>(all);
    for (int i = 0; i < places.size(); i++) changed.set(places.get(i), in.get(i));
    return changed;
  }

  private static List<Tensor> gradients(Function<List<Tensor>, List<Tensor>> f, List<Tensor> variables) {
    try (Tape tape = Tape.record(variables)) {
      List<Tensor> out = Oracle.floats(f.apply(variables));
      Gradients gradients = tape.gradients(out, out.stream().map(t -> t.like(0.75)).toList(), variables);
      return variables.stream().map(gradients::of).toList();
    }
  }

  private static void repeats(Function<List<Tensor>, List<Tensor>> f, List<Tensor> variables) {
    List<Tensor> first = gradients(f, variables);
    List<Tensor> second = gradients(f, variables);
    for (int i = 0; i < first.size(); i++) {
      if (!Arrays.equals(first.get(i).toBytes(), second.get(i).toBytes()))
        throw new AssertionError("gradient " + i + " differs when repeated");
    }
  }

  private static void second(OpCase row, Function<List<Tensor>, List<Tensor>> f, List<Tensor> variables, long seed) {
    Function<List<Tensor>, List<Tensor>> slope = in -> gradients(f, in);
    if (row.gradient() == Gradient.TWICE) {
      GradCheck.check(slope, variables, 1, seed);
      return;
    }
    try {
      gradients(slope, variables);
    } catch (UnsupportedOperationException e) {
      return;
    }
    // where nothing arrives at the statistics there is nothing to refuse
    GradCheck.check(slope, variables, 1, seed);
  }
}

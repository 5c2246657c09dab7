package dev.raiju.kernels.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.tensor.DType;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The gradient of every float op against difference quotients in f64.
class DifferencesTest {
  private static final int SAMPLES = 24;

  /// Rounding has no slope that differences could show; their gradients are compared with the reference's own, type by type.
  private static final Set<String> ROUNDED = OpCases.all().stream().map(OpCase::name).filter(name -> name.startsWith("cast to "))
      .collect(
          Collectors.toSet());

  @TestFactory
  Stream<DynamicTest> gradientsMatchDifferences() {
    return OpCases.all().stream().filter(row -> row.gradient() != Gradient.NONE).map(row -> DynamicTest.dynamicTest(row.name(),
        () -> {
          int checked = Differences.check(row, SAMPLES, 1);
          if (!ROUNDED.contains(row.name()))
            assertTrue(checked >= 20, row.name() + ": " + checked + " cases had a gradient to check");
        }));
  }

  /// What is declared without a gradient cannot have one: no float goes in, or what comes out is a code, a choice or a write.
  @Test
  void theRowsWithoutAGradientAreKnown() {
    Set<String> without = OpCases.all().stream().filter(row -> row.gradient() == Gradient.NONE && row.types().contains(DType.F32))
        .map(
            OpCase::name).collect(Collectors.toCollection(TreeSet::new));
    Set<String> known = new TreeSet<>(Set.of("adamw", "adamw of several", "moving_average", "moving_average of several", "assign",
        "arg_max", "equal", "less", "less_equal",
        "fill", "iota",
        "formula", "random normal", "random uniform", "rope tables", "layer_norm statistics", "rms_norm statistics",
        "modulated_layer_norm statistics", "feed_forward hidden", "muon_step", "linear computed in bf16",
        "linear computed in f16"));
    Stream.of(DType.values()).filter(t -> !t.isFloat() && !t.isBlock()).forEach(t -> known.add("cast to " + t));
    assertEquals(known, without);
  }

  @Test
  void aRuleThatForgetsAPathIsFound() {
    OpCase row = OpCase.of("forgetful", (c, type) -> Sample.of(in -> in.get(0).mul(in.get(0).detach()), c.numbers(type, c
        .shape())));
    assertThrows(AssertionError.class, () -> Differences.check(row.gradient(Gradient.TWICE), 20, 1));
  }

  @Test
  void aSecondOrderThatIsWrongIsFound() {
    // 3 x² · x, whose first gradient is right and whose second misses a part
    OpCase row = OpCase.of("half second", (c, type) -> Sample.of(in -> new HalfCube().apply(in.get(0)), c.numbers(type, 3)));
    assertThrows(AssertionError.class, () -> Differences.check(row.gradient(Gradient.TWICE), 8, 1));
  }

  /// `x³` with a gradient rule that cannot be differentiated rightly.
  record HalfCube() implements dev.raiju.tensor.op.Fused, dev.raiju.tensor.op.Differentiable {
    dev.raiju.tensor.Tensor apply(dev.raiju.tensor.Tensor x) { return dev.raiju.tensor.Trace.apply(this, x); }

    @Override
    public java.util.List<dev.raiju.tensor.Spec> infer(java.util.List<dev.raiju.tensor.Spec> in) { return in; }

    @Override
    public java.util.List<dev.raiju.tensor.Tensor> define(java.util.List<dev.raiju.tensor.Tensor> in) {
      return java.util.List.of(in.getFirst().square().mul(in.getFirst()));
    }

    @Override
    public java.util.List<dev.raiju.tensor.Tensor> saved(java.util.List<dev.raiju.tensor.Tensor> in,
        java.util.List<dev.raiju.tensor.Tensor> out) {
      return in;
    }

    @Override
    public void vjp(dev.raiju.tensor.op.Pullback pullback) {
      pullback.give(0, () -> pullback.cotangent(0).mul(pullback.saved(0).square().detach()).mul(3));
    }
  }
}

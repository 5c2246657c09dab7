package dev.raiju.training.loop;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import java.lang.foreign.MemorySegment;

/// A factor on losses that keeps the gradients of a model in f16 within its range: below 6e-8 there is nothing, above 65504 infinity.
/// Micikevicius et al. 2018, arXiv:1710.03740.
///
/// Halved when a gradient overflows, which costs the step; doubled after many steps without. Always a power of two, so that nothing is
/// rounded by it. What it knows is a tensor, so that a run that goes on has the same scales.
public final class LossScale implements AutoCloseable {
  private static final double FIRST = 1 << 16;
  private static final double MOST = 1 << 24;
  private static final int PATIENCE = 2000;

  private final int patience;
  // the scale, and how many steps it has held
  private final Tensor state;

  private LossScale(double first, int patience) {
    this.patience = patience;
    try (Scope scope = Scope.open()) {
      this.state = numbers(first, 0).alias();
    }
  }

  /// From 65536 on, doubled after 2000 steps.
  public static LossScale dynamic() { return new LossScale(FIRST, PATIENCE); }

  /// @param first a power of two
  /// @param patience steps without overflow after which the scale is doubled
  public static LossScale of(double first, int patience) {
    if (first < 1 || first > MOST || Math.scalb(1.0, Math.getExponent(first)) != first)
      throw new IllegalArgumentException("loss scale: " + first + "; needs a power of two from 1 to " + MOST);
    return new LossScale(first, patience);
  }

  private static Tensor numbers(double scale, double held) {
    return Tensor.of(Spec.of(DType.F64, 2), MemorySegment.ofArray(new double[] {scale, held}), Device.reference());
  }

  /// What losses are multiplied with now.
  public double value() { return state.toDoubles()[0]; }

  /// A gradient was not finite. At 1 the scale is not to blame.
  ///
  /// @return whether the scale was lowered
  boolean overflowed() {
    double scale = value();
    if (scale <= 1) return false;
    set(scale / 2, 0);
    return true;
  }

  /// All gradients were finite.
  void held() {
    double[] now = state.toDoubles();
    boolean grows = now[1] + 1 >= patience && now[0] < MOST;
    set(grows ? 2 * now[0] : now[0], grows ? 0 : now[1] + 1);
  }

  private void set(double scale, double held) {
    try (Scope scope = Scope.open()) {
      Assign.assign(state, numbers(scale, held));
    }
  }

  Tensor state() { return state; }

  @Override
  public void close() { state.close(); }
}

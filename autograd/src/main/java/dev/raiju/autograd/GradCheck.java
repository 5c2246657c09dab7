package dev.raiju.autograd;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/// Compares gradients with central differences, in f64 on the reference device.
///
/// The function is reduced to one number by random weights on its outputs, and each input moves along random directions: enough
/// to find any wrong element, at the cost of two evaluations a direction.
public final class GradCheck {
  private static final double STEP = 1e-6;
  private static final double ABSOLUTE = 1e-5;
  private static final double RELATIVE = 1e-3;

  private GradCheck() {}

  /// Checks a function of f64 tensors along `directions` random directions for each float input.
  ///
  /// @throws AssertionError naming the input, the gradient and the difference quotient
  public static void check(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs, int directions, long seed) {
    try (Scope scope = Scope.open()) {
      List<Tensor> wanted = inputs.stream().filter(t -> t.dtype() == DType.F64).toList();
      Rng rng = Rng.of(seed).stream("gradcheck");
      List<Tensor> weights;
      Gradients gradients;
      try (Tape tape = Tape.record()) {
        List<Tensor> out = floats(function.apply(inputs));
        weights = out.stream().map(t -> random(t, rng)).toList();
        gradients = tape.gradients(out, weights, wanted);
      }
      for (int i = 0; i < inputs.size(); i++) {
        if (inputs.get(i).dtype() != DType.F64 || inputs.get(i).shape().elements() == 0) continue;
        for (int k = 0; k < directions; k++) {
          Tensor direction = random(inputs.get(i), rng);
          double expected = slope(function, inputs, i, direction, weights);
          double actual = gradients.of(inputs.get(i)).mul(direction).sum().item();
          if (!(Math.abs(expected - actual) <= ABSOLUTE + RELATIVE * Math.abs(expected))) {
            throw new AssertionError(String.format(Locale.ROOT,
                "gradient of input %d, %s: rule gives %.9g, differences give %.9g (seed %d)", i,
                inputs.get(i).spec(), actual, expected, seed));
          }
        }
      }
    }
  }

  private static double slope(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs, int index, Tensor direction,
      List<Tensor> weights) {
    return (value(function, moved(inputs, index, direction, STEP), weights) - value(function, moved(inputs, index, direction,
        -STEP), weights)) / (2 * STEP);
  }

  private static List<Tensor> moved(List<Tensor> inputs, int index, Tensor direction, double step) {
    List<Tensor> changed = new ArrayList<>(inputs);
    changed.set(index, inputs.get(index).add(direction.mul(step)));
    return changed;
  }

  private static double value(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs, List<Tensor> weights) {
    List<Tensor> out = floats(function.apply(inputs));
    double total = 0;
    for (int i = 0; i < out.size(); i++) total += out.get(i).mul(weights.get(i)).sum().item();
    return total;
  }

  private static List<Tensor> floats(List<Tensor> tensors) { return tensors.stream().filter(t -> t.dtype().isFloat()).toList(); }

  private static Tensor random(Tensor like, Rng rng) {
    double[] values = new double[Math.toIntExact(like.shape().elements())];
    for (int i = 0; i < values.length; i++) values[i] = rng.nextNormal();
    return Tensor.of(new Spec(DType.F64, like.shape()), MemorySegment.ofArray(values), Device.reference()).to(like.dtype());
  }
}

package dev.raiju.tensor.op;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// The squared length of each of several tensors: `Σ x²`, summed in f32 or wider. What the norm of all gradients is made of.
public record SquaredLengths() implements Fused {
  /// @param tensors at least one; of one float type, in any shapes
  /// @return `[tensors]`, in f32, or f64 if they are
  public static Tensor squaredLengths(Collection<Tensor> tensors) {
    return Trace.apply(new SquaredLengths(), tensors.toArray(Tensor[]::new));
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec first = in.getFirst().requireFloat(name());
    for (Spec x : in) x.requireSameType(name(), first);
    return List.of(Spec.of(first.wide(), in.size()));
  }

  @Override
  public Cost cost(List<Spec> in) {
    return Cost.of(2 * in.stream().mapToLong(spec -> spec.shape().elements()).sum(), in, infer(in));
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    List<Tensor> sums = new ArrayList<>();
    for (Tensor x : in) {
      // the squares of one tensor at a time: all of them are as much as the gradients of a model
      try (Scope one = Scope.open()) {
        sums.add(one.keep(x.to(x.spec().wide()).square().sum().reshape(1)));
      }
    }
    return List.of(Concat.concat(0, sums.toArray(Tensor[]::new)));
  }
}

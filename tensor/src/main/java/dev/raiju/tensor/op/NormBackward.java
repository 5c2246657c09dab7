package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// All gradients of a norm with a weight and a bias, `y = n · w + b` with `n = (x - mean) · inverse` over the last axis: with
/// `g = dy · w`, that of `x` is `inverse · (g - mean(g) - n · mean(g · n))`, that of `w` the sum of `dy · n` and that of `b` the sum
/// of `dy`, over all rows that share them.
///
/// A root mean square norm has no mean and no bias; what belongs to them is left out.
///
/// @param centred whether there is a mean
public record NormBackward(boolean centred) implements Fused {
  /// @param x `[…, D]`, the input
  /// @param mean `[…, 1]`
  /// @param inverse `[…, 1]`, `1 / sqrt(variance + eps)`
  /// @param w broadcasts to `x`
  /// @param dy `[…, D]`, the gradient of the result
  /// @return those of `x`, `w` and `b`
  static List<Tensor> ofLayer(Tensor x, Tensor mean, Tensor inverse, Tensor w, Tensor dy) {
    return Trace.applyAll(new NormBackward(true), x, mean, inverse, w, dy);
  }

  /// @return those of `x` and `w`
  static List<Tensor> ofRootMeanSquare(Tensor x, Tensor inverse, Tensor w, Tensor dy) {
    return Trace.applyAll(new NormBackward(false), x, inverse, w, dy);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat(name());
    List<Spec> statistics = in.subList(1, in.size() - 2);
    for (Spec row : statistics) {
      row.requireType(name(), "a statistic", x.wide()).requireShape(name(), "a statistic", x.shape().with(-1, 1));
    }
    Spec w = in.get(in.size() - 2).requireSameType(name(), x);
    x.requireShape(name(), "the input, stretched by the weight,", x.shape().broadcast(w.shape()));
    in.getLast().requireSameType(name(), x).requireShape(name(), "the gradient", x.shape());
    return centred ? List.of(x, w, w) : List.of(x, w);
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(12 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor inverse = in.get(in.size() - 3);
    Tensor w = in.get(in.size() - 2);
    Tensor x = in.get(0).to(inverse.dtype());
    Tensor dy = in.getLast().to(inverse.dtype());
    Tensor n = (centred ? x.sub(in.get(1)) : x).mul(inverse);
    Tensor g = dy.mul(w.to(inverse.dtype()));
    Tensor rest = centred ? g.sub(g.mean(true, -1)) : g;
    Tensor dx = inverse.mul(rest.sub(n.mul(g.mul(n).mean(true, -1)))).to(in.get(0).dtype());
    Tensor dw = dy.mul(n).sumTo(w.shape()).to(w.dtype());
    return centred ? List.of(dx, dw, dy.sumTo(w.shape()).to(w.dtype())) : List.of(dx, dw);
  }
}

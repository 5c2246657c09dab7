package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The gradient of an RMS normalisation's input: `inverse · (g - n · mean(g · n))` with `n = x · inverse`, the mean over the
/// last axis.
public record RmsNormBackward() implements Fused {
  /// @param x `[…, D]`, the input
  /// @param inverse `[…, 1]`, `1 / sqrt(mean(x²) + eps)`
  /// @param g `[…, D]`, the gradient of the normalised values
  static Tensor rmsNormBackward(Tensor x, Tensor inverse, Tensor g) { return Trace.apply(new RmsNormBackward(), x, inverse, g); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0).requireFloat(name());
    in.get(1).requireType(name(), "the inverse root", x.wide()).requireShape(name(), "the inverse root", x.shape().with(-1, 1));
    in.get(2).requireSameType(name(), x).requireShape(name(), "the gradient", x.shape());
    return List.of(x);
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(6 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor inverse = in.get(1);
    Tensor g = in.get(2).to(inverse.dtype());
    Tensor n = in.get(0).to(inverse.dtype()).mul(inverse);
    return List.of(inverse.mul(g.sub(n.mul(g.mul(n).mean(true, -1)))).to(in.get(0).dtype()));
  }
}

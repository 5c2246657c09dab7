package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The gradient of a layer normalisation's input: `inverse · (g - mean(g) - n · mean(g · n))` with `n = (x - mean) · inverse`,
/// means over the last axis.
public record LayerNormBackward() implements Fused {
  /// @param x `[…, D]`, the input
  /// @param mean `[…, 1]`
  /// @param inverse `[…, 1]`, `1 / sqrt(variance + eps)`
  /// @param g `[…, D]`, the gradient of the normalised values
  static Tensor layerNormBackward(Tensor x, Tensor mean, Tensor inverse, Tensor g) {
    return Trace.apply(new LayerNormBackward(), x, mean, inverse, g);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0).requireFloat(name());
    Shape rows = x.shape().with(-1, 1);
    in.get(1).requireType(name(), "the mean", x.wide()).requireShape(name(), "the mean", rows);
    in.get(2).requireType(name(), "the inverse deviation", x.wide()).requireShape(name(), "the inverse deviation", rows);
    in.get(3).requireSameType(name(), x).requireShape(name(), "the gradient", x.shape());
    return List.of(x);
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(8 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor inverse = in.get(2);
    Tensor g = in.get(3).to(inverse.dtype());
    Tensor n = in.get(0).to(inverse.dtype()).sub(in.get(1)).mul(inverse);
    Tensor dx = inverse.mul(g.sub(g.mean(true, -1)).sub(n.mul(g.mul(n).mean(true, -1))));
    return List.of(dx.to(in.get(0).dtype()));
  }
}

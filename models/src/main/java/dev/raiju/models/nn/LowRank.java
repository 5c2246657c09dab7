package dev.raiju.models.nn;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;

/// A change of low rank to a linear layer: `scale · up(down(x))`. Hu et al. 2021, arXiv:2106.09685.
///
/// @param down `[rank, in]`
/// @param up `[out, rank]`
/// @param scale how strongly
public record LowRank(Tensor down, Tensor up, double scale) implements Module<LowRank> {
  public LowRank {
    if (down.rank() != 2 || up.rank() != 2 || down.size(0) != up.size(1)) {
      throw new ShapeException("lora: down %s and up %s; needs [rank, in] and [out, rank]", down.shape(), up.shape());
    }
  }

  /// Whether it is a change to a layer with this weight.
  boolean fits(Tensor weight) {
    return weight.rank() == 2 && up.size(0) == weight.size(0) && down.size(1) == weight.size(1);
  }

  /// The layer's output with the change.
  ///
  /// @param x what the layer was given, `[…, in]`
  /// @param y what it gave, `[…, out]`
  public Tensor added(Tensor x, Tensor y) {
    try (Scope scope = Scope.open()) {
      return scope.keep(y.add(Linear.linear(Linear.linear(x, down), up).mul(scale)));
    }
  }

  /// The weight with the change in it: summed in f32 and stored as the weight was, so that a narrow one is rounded once more. A
  /// packed one, which is only read, becomes one of 8-bit codes.
  ///
  /// @param weight `[out, in]`, a float or block type
  public Tensor merged(Tensor weight) {
    if (!fits(weight))
      throw new ShapeException("lora: down %s and up %s; the layer has %s", down.shape(), up.shape(), weight
          .shape());
    try (Scope scope = Scope.open()) {
      return scope.keep(sum(weight, up.to(DType.F32).matmul(down.to(DType.F32)).mul(scale)));
    }
  }

  /// A parameter and a change, summed in f32 and stored as the parameter was, if that can be.
  ///
  /// @param change f32, of the same shape
  static Tensor sum(Tensor parameter, Tensor change) {
    DType type = parameter.dtype().isPacked() ? DType.Q8_G32 : parameter.dtype();
    try (Scope scope = Scope.open()) {
      Tensor wide = type.isBlock() ? Dequantize.dequantize(parameter, DType.F32) : parameter.to(DType.F32);
      Tensor sum = wide.add(change);
      return scope.keep(type.isBlock() ? Quantize.quantize(sum, type) : sum.to(type));
    }
  }

  @Override
  public LowRank map(ParameterMap p) { return new LowRank(p.tensor("down", down), p.tensor("up", up), scale); }
}

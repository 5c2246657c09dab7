package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// `y = x · wᵀ + b` over the last axis.
///
/// The one op in which types may differ, since weights are stored narrow: the weight may be any float or block type, and is
/// widened. With a narrower compute type both factors are rounded to it. Sums and bias are in f32, rounded once to the type of `x`.
/// The products of the gradients are computed in bf16 too if the layer is; f16, whose range is too small for gradients, leaves
/// them in f32.
///
/// Computed in i8, each row of `x` is rounded to whole multiples of a 127th of its largest magnitude, found anew for every input;
/// rows without a number of 1e-30 or more count as zeros. Weights keep the values of their codes, so they must be stored in blocks
/// of 8 bits: the sums of a group are then whole numbers, and exact. Gradients take the rounding for the identity.
///
/// @param compute the type of the factors: f32 (as they are), bf16, f16 or i8
public record Linear(DType compute) implements Fused, Differentiable {
  private static final Expr LARGEST = Expr.in(1);
  private static final Expr IN_STEPS = Expr.select(LARGEST.less(Expr.of(1e-30f)), Expr.of(0), Expr.in(0).mul(Expr.of(127).div(
      LARGEST)).apply(Expr.UnaryFunction.ROUND).mul(LARGEST.div(Expr.of(127))));

  public Linear {
    if (compute != DType.F32 && compute != DType.BF16 && compute != DType.F16 && compute != DType.I8)
      throw new ShapeException("linear: compute type %s: must be f32, bf16, f16 or i8", compute);
  }

  /// @param x `[…, in]`, a float type
  /// @param w `[out, in]`
  public static Tensor linear(Tensor x, Tensor w) { return Trace.apply(new Linear(DType.F32), x, w); }

  /// @param b `[out]`, the type of `x`
  public static Tensor linear(Tensor x, Tensor w, Tensor b) { return Trace.apply(new Linear(DType.F32), x, w, b); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0).requireFloat("linear");
    Spec w = in.get(1).requireRank("linear", 2);
    if (!w.dtype().isFloat() && !w.dtype().isBlock())
      throw new ShapeException("linear: weight must be a float or block type, got %s", w);
    if (compute == DType.I8 && !computesInBytes(w.dtype()))
      throw new ShapeException("linear: compute type i8: weight must be stored in blocks of 8 bits, got %s", w);
    if (x.rank() < 1 || x.size(-1) != w.size(1))
      throw new ShapeException("linear: input %s does not fit weight %s; needs x[-1] = w[1]", x, w);
    if (in.size() > 2) in.get(2).requireSameType("linear", x).requireShape("linear", "bias", Shape.of(w.size(0)));
    return List.of(x.with(x.shape().with(-1, w.size(0))));
  }

  /// Whether layers with weights of a type can be computed in i8.
  public static boolean computesInBytes(DType weight) { return weight.kind() == DType.Kind.BLOCK && weight.codeBits() == 8; }

  @Override
  public Cost cost(List<Spec> in) {
    List<Spec> out = infer(in);
    return Cost.of(2 * out.getFirst().shape().elements() * in.getFirst().size(-1), in, out);
  }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.get(0);
    DType wide = x.spec().wide();
    Tensor left = compute == DType.I8 ? rounded(x.to(wide)) : factor(x, wide);
    Tensor y = rows(left).matmul(factor(in.get(1), wide).transpose());
    if (in.size() > 2) y = y.add(in.get(2).to(wide));
    return List.of(y.reshape(infer(in.stream().map(Tensor::spec).toList()).getFirst().shape()).to(x.dtype()));
  }

  private Tensor factor(Tensor t, DType type) {
    Tensor plain = t.dtype().isBlock() ? Dequantize.dequantize(t, type) : t;
    return (compute == DType.F32 || compute == DType.I8 ? plain : plain.to(compute)).to(type);
  }

  /// Every row in whole multiples of a 127th of its largest magnitude.
  private static Tensor rounded(Tensor x) {
    return x.size(-1) == 0 ? x : Elementwise.elementwise("round_rows", IN_STEPS, x, x.abs().max(true, -1));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in.subList(0, 2); }

  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> inputGradient(pullback.cotangent(0), pullback.saved(1), pullback.in(0)));
    if (pullback.in(1).dtype().isFloat())
      pullback.give(1, () -> weightGradient(pullback.cotangent(0), pullback.saved(0), pullback.in(1)));
    if (pullback.inputs() > 2) pullback.give(2, () -> biasGradient(pullback.cotangent(0)));
  }

  /// `dy · w`. Of a layer in bf16 it is a layer of this kind: cotangents are rounded too.
  Tensor inputGradient(Tensor dy, Tensor w, Spec x) {
    if (compute != DType.BF16) return rows(dy).matmul(factor(w, x.dtype())).reshape(x.shape());
    Tensor plain = w.dtype().isBlock() ? Dequantize.dequantize(w, x.dtype()) : w;
    return Trace.apply(this, rows(dy), plain.transpose()).reshape(x.shape());
  }

  /// `dyᵀ · x`. A weight in f32 gets all of the sums' bits.
  Tensor weightGradient(Tensor dy, Tensor x, Spec w) {
    if (compute != DType.BF16) return rows(dy).transpose().matmul(rows(factor(x, x.dtype()))).to(w.dtype());
    Tensor wide = w.dtype() == DType.F32 ? rows(dy).to(DType.F32) : rows(dy);
    return Trace.apply(this, wide.transpose(), rows(x).transpose()).to(w.dtype());
  }

  static Tensor biasGradient(Tensor dy) { return rows(dy).sum(0); }

  private static Tensor rows(Tensor t) {
    return t.reshape(t.shape().elements() == 0 ? t.shape().slice(0, t.rank() - 1).elements() : -1, t.size(-1));
  }
}

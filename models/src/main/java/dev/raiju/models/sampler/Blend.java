package dev.raiju.models.sampler;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import java.lang.foreign.MemorySegment;

/// Weighted sums of tensors. The weights are inputs and not part of the formula, so that all steps of a sampler are one kernel.
final class Blend {
  private Blend() {}

  static Tensor of(double a, Tensor x, double b, Tensor y) { return sum(new double[] {a, b}, x, y); }

  static Tensor of(double a, Tensor x, double b, Tensor y, double c, Tensor z) { return sum(new double[] {a, b, c}, x, y, z); }

  static Tensor of(double a, Tensor x, double b, Tensor y, double c, Tensor z, double d, Tensor w) {
    return sum(new double[] {a, b, c, d}, x, y, z, w);
  }

  private static Tensor sum(double[] weights, Tensor... parts) {
    Expr total = Expr.of(0);
    Tensor[] in = new Tensor[2 * parts.length];
    for (int i = 0; i < parts.length; i++) {
      in[2 * i] = parts[i];
      in[2 * i + 1] = scalar(weights[i], parts[i]);
      total = total.add(Expr.in(2 * i).mul(Expr.in(2 * i + 1)));
    }
    return Elementwise.elementwise("blend", total, in);
  }

  private static Tensor scalar(double value, Tensor like) {
    return like.dtype() == DType.F64
        ? Tensor.of(Spec.of(DType.F64), MemorySegment.ofArray(new double[] {value}), like.device())
        : Tensor.of(Spec.of(DType.F32), MemorySegment.ofArray(new float[] {(float) value}), like.device());
  }
}

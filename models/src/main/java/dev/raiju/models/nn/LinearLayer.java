package dev.raiju.models.nn;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.Linear;
import java.util.Optional;

/// `y = x · wᵀ + b` over the last axis; see [Linear].
///
/// @param weight `[out, in]`, a float or block type
/// @param bias `[out]`, if there is one
/// @param compute the type that the product rounds its factors to; f32 leaves them as they are
/// @param adapter a change of low rank, if one rides on the weight
public record LinearLayer(Tensor weight, Optional<Tensor> bias, DType compute, Optional<LowRank> adapter)
    implements
      Module<LinearLayer> {
  /// A layer without a change.
  public LinearLayer(Tensor weight, Optional<Tensor> bias, DType compute) { this(weight, bias, compute, Optional.empty()); }

  /// A layer that keeps the variance of its input: uniform weights of variance `1 / in`, zero bias.
  public static LinearLayer create(Initializer init, long in, long out) {
    return new LinearLayer(init.uniform(Math.sqrt(3.0 / in), out, in), Optional.of(init.constant(0, out)), DType.F32);
  }

  /// A layer without bias.
  public static LinearLayer withoutBias(Initializer init, long in, long out) {
    return new LinearLayer(init.uniform(Math.sqrt(3.0 / in), out, in), Optional.empty(), DType.F32);
  }

  /// A layer without bias whose weights are normal with a given deviation.
  public static LinearLayer withoutBias(Initializer init, double deviation, long in, long out) {
    return new LinearLayer(init.normal(deviation, out, in), Optional.empty(), DType.F32);
  }

  /// A layer that begins by giving zeros: the end of a residual branch, or of a network whose first guess shall be zero.
  public static LinearLayer zero(Initializer init, long in, long out) {
    return new LinearLayer(init.constant(0, out, in), Optional.of(init.constant(0, out)), DType.F32);
  }

  /// @param x `[…, in]`
  /// @return `[…, out]`
  public Tensor forward(Tensor x) {
    Linear op = new Linear(compute);
    if (adapter.isEmpty()) return product(op, x);
    try (Scope scope = Scope.open()) {
      return scope.keep(adapter.get().added(x, product(op, x)));
    }
  }

  private Tensor product(Linear op, Tensor x) {
    return bias.isPresent() ? Trace.apply(op, x, weight, bias.get()) : Trace.apply(op, x, weight);
  }

  /// The layer with some of its outputs, in the order of `rows`. Its parameters are copies.
  ///
  /// @param rows i64 `[kept]`
  public LinearLayer rows(Tensor rows) {
    requirePlain();
    Tensor kept = Module.owned(() -> Gather.gather(weight, 0, rows));
    return new LinearLayer(kept, bias.map(b -> Module.owned(() -> Gather.gather(b, 0, rows))), compute);
  }

  /// The layer for some of its inputs, in the order of `columns`. Its parameters are copies.
  ///
  /// @param columns i64 `[kept]`
  public LinearLayer columns(Tensor columns) {
    requirePlain();
    Tensor kept = Module.owned(() -> Gather.gather(weight, 1, columns));
    return new LinearLayer(kept, bias.map(b -> Module.owned(b::copy)), compute);
  }

  private void requirePlain() {
    if (adapter.isPresent()) throw new IllegalStateException("linear: a change of low rank rides on the weight; merge it first");
  }

  @Override
  public LinearLayer map(ParameterMap p) {
    return new LinearLayer(p.matrix("weight", weight), p.tensor("bias", bias), p.compute(compute, weight), p.adapter("weight",
        adapter));
  }
}

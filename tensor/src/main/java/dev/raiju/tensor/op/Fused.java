package dev.raiju.tensor.op;

import dev.raiju.tensor.Tensor;
import java.util.List;

/// An operation that is defined by others: anyone may add one.
///
/// [#define] is its meaning: the fallback on every backend, its gradient unless it is also [Differentiable], and what its fast
/// kernels are tested against. Keep it plain.
public non-sealed interface Fused extends Op {
  /// The outputs of [#infer], computed by other ops.
  List<Tensor> define(List<Tensor> in);

  /// The variant to run while gradients are recorded: it may have more outputs at the end (row statistics, log-sum-exp) that
  /// only its gradient rule sees.
  default Fused recorded() { return this; }
}

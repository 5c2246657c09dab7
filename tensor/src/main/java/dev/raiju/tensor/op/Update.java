package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// An operation that writes into some of its inputs and has no outputs: optimiser steps, moving averages, caches.
///
/// Gradients do not pass through it; tensors that it writes must not be needed for a gradient any more.
public non-sealed interface Update extends Op {
  /// The inputs that are written, ascending.
  List<Integer> written();

  /// The new values of the written inputs, computed by other ops. They are copied in when the backend has no kernel.
  List<Tensor> define(List<Tensor> in);

  /// Checks the inputs; there are no outputs.
  @Override
  List<Spec> infer(List<Spec> in);
}

package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import java.util.List;

/// An operation as a value: it knows its shape rule and its cost; the engine, tapes, captures and exporters interpret it.
///
/// - [View] gives the same memory another layout and never reaches a backend.
/// - [Primitive] is the closed set that a backend implements.
/// - [Fused] is open: its definition in other ops is its meaning, a kernel of its own makes it fast.
/// - [Update] writes into its inputs (optimiser steps, caches); gradients do not pass through it.
public sealed interface Op permits View, Primitive, Update, Fused {
  /// The name in messages: `rms_norm` for `RmsNorm`.
  default String name() { return OpNames.of(getClass()); }

  /// The kinds of the outputs. Every check of the inputs happens here, before any work.
  ///
  /// @throws dev.raiju.tensor.ShapeException if the inputs do not fit
  List<Spec> infer(List<Spec> in);

  /// An estimate of the work.
  default Cost cost(List<Spec> in) { return Cost.elementwise(1, in, infer(in)); }
}

package dev.raiju.kernels.cpu.loops;

/// Formulas that have a loop of their own, since they are everywhere and would be memory traffic as a chain of steps.
public enum Activation {
  /// `1 / (1 + exp(-x))`.
  SIGMOID,
  /// `x / (1 + exp(-x))`.
  SILU,
  /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
  GELU_TANH
}

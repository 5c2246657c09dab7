package dev.raiju.kernels.cpu.emit;

/// A general register of 64 bits, in the order of its number.
enum Gp {
  RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15;

  /// The low three bits of the number, which go into an operand byte; the fourth goes into a prefix.
  int low() { return ordinal() & 7; }

  boolean high() { return ordinal() > 7; }
}

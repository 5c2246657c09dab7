package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Loops;
import java.util.function.IntUnaryOperator;

/// One loop of a compiled formula. Operands and result are slots: places in the current tile. A loop that needs fewer operands
/// ignores the others.
///
/// @param loop what is computed
/// @param a the slot of the first operand
/// @param b the slot of the second operand
/// @param c the slot of the third operand
/// @param to the slot that is written
record Step(Loop loop, int a, int b, int c, int to) {
  /// A loop over the elements of a tile, at absolute addresses.
  @FunctionalInterface
  interface Loop {
    void run(Loops loops, long a, long b, long c, long to, int n);
  }

  void run(Loops loops, long[] slots, int n) { loop.run(loops, slots[a], slots[b], slots[c], slots[to], n); }

  /// The same loop with another result.
  Step into(int slot) { return new Step(loop, a, b, c, slot); }

  /// The same loop on other slots.
  Step renamed(IntUnaryOperator name) {
    return new Step(loop, name.applyAsInt(a), name.applyAsInt(b), name.applyAsInt(c), name.applyAsInt(to));
  }
}

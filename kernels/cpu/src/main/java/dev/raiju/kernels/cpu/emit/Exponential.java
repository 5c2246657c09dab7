package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.scalar.ScalarMath;
import java.lang.foreign.Arena;

/// Writes `exp` for vectors of 512 bits, step by step as [ScalarMath#exp], so that the bits are the same.
///
/// The power of two is applied by one instruction where that applies two factors: the first of them rounds nothing.
record Exponential(Assembler a) {
  private static final float[] CONSTANTS = {ScalarMath.EXP_HIGH, ScalarMath.EXP_LOW, ScalarMath.LOG2_E, ScalarMath.ROUNDER,
    -ScalarMath.LN2_HIGH, -ScalarMath.LN2_LOW, ScalarMath.E4, ScalarMath.E3, ScalarMath.E2, ScalarMath.E1, ScalarMath.E0, 1};
  /// The first of the registers that hold constants, which are the last ones.
  static final int FIRST_CONSTANT = 32 - CONSTANTS.length;
  private static final long TABLE = table();

  private static long table() {
    long table = Arena.global().allocate(4L * CONSTANTS.length, 64).address();
    for (int i = 0; i < CONSTANTS.length; i++) Cells.setFloat(table + 4L * i, CONSTANTS[i]);
    return table;
  }

  /// Where emitted code finds the constants.
  static long constants() { return TABLE; }

  private static Zmm constant(int i) { return new Zmm(FIRST_CONSTANT + i); }

  /// Loads the constants.
  ///
  /// @param table a register that holds [#constants]
  void begin(Gp table) {
    for (int i = 0; i < CONSTANTS.length; i++) a.vbroadcastss(constant(i), Memory.at(table, 4 * i));
  }

  /// `y = exp(x)`.
  ///
  /// @param x is overwritten
  /// @param n is overwritten
  void write(Zmm y, Zmm x, Zmm n) {
    a.vminps(x, constant(0), x);
    a.vmaxps(x, constant(1), x);
    a.vmovaps(n, x);
    a.vfmadd213ps(n, constant(2), constant(3));
    a.vsubps(n, n, constant(3));
    a.vfmadd231ps(x, n, constant(4));
    a.vfmadd231ps(x, n, constant(5));
    a.vmovaps(y, x);
    a.vfmadd213ps(y, constant(6), constant(7));
    for (int power = 8; power <= 10; power++) a.vfmadd213ps(y, x, constant(power));
    a.vmulps(y, y, x);
    a.vfmadd213ps(y, x, x);
    a.vaddps(y, y, constant(11));
    a.vscalefps(y, y, n);
  }
}

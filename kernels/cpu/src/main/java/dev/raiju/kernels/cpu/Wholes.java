package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.loops.Cells.getLong;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setLong;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;

/// Loops over blocks of i64 numbers, which is what integers of all types are computed in.
final class Wholes {
  private Wholes() {}

  static void unary(UnaryFunction function, long x, long y, int n) {
    for (int i = 0; i < n; i++) {
      long v = getLong(x + 8L * i);
      setLong(y + 8L * i, switch (function) {
        case NEGATE -> -v;
        case ABS -> Math.abs(v);
        case SIGN -> Long.signum(v);
        case FLOOR, ROUND, SQRT, EXP, LOG, SIN, COS, TANH, ERF, NOT -> throw new IllegalArgumentException(function
            + " of integers");
      });
    }
  }

  static void binary(BinaryFunction function, long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) {
      long v = getLong(a + 8L * i);
      long w = getLong(b + 8L * i);
      setLong(y + 8L * i, switch (function) {
        case ADD -> v + w;
        case SUBTRACT -> v - w;
        case MULTIPLY -> v * w;
        case MIN -> Math.min(v, w);
        case MAX -> Math.max(v, w);
        case DIVIDE, LESS, LESS_EQUAL, EQUAL, AND, OR -> throw new IllegalArgumentException(function + " gives no integer");
      });
    }
  }

  static void compare(BinaryFunction function, long a, long b, long y, int n) {
    for (int i = 0; i < n; i++) {
      long v = getLong(a + 8L * i);
      long w = getLong(b + 8L * i);
      boolean holds = switch (function) {
        case LESS -> v < w;
        case LESS_EQUAL -> v <= w;
        case EQUAL -> v == w;
        case ADD, SUBTRACT, MULTIPLY, DIVIDE, MIN, MAX, AND, OR -> throw new IllegalArgumentException(function
            + " gives no bool");
      };
      setFloat(y + 4L * i, holds ? 1 : 0);
    }
  }

  static void select(long condition, long yes, long no, long y, int n) {
    for (int i = 0; i < n; i++) {
      setLong(y + 8L * i, getLong((Cells.getFloat(condition + 4L * i) != 0 ? yes : no) + 8L * i));
    }
  }

  static void load(DType type, long x, long y, int n) {
    switch (type) {
      case I64 -> Cells.copy(x, y, 8L * n);
      case I32 -> {
        for (int i = 0; i < n; i++) setLong(y + 8L * i, Cells.getInt(x + 4L * i));
      }
      case I8 -> {
        for (int i = 0; i < n; i++) setLong(y + 8L * i, Cells.getByte(x + i));
      }
      case U8 -> {
        for (int i = 0; i < n; i++) setLong(y + 8L * i, Byte.toUnsignedLong(Cells.getByte(x + i)));
      }
      default -> throw new IllegalArgumentException("integers: " + type);
    }
  }

  static void store(DType type, long x, long y, int n) {
    switch (type) {
      case I64 -> Cells.copy(x, y, 8L * n);
      case I32 -> {
        for (int i = 0; i < n; i++) Cells.setInt(y + 4L * i, (int) getLong(x + 8L * i));
      }
      case I8, U8 -> {
        for (int i = 0; i < n; i++) Cells.setByte(y + i, (byte) getLong(x + 8L * i));
      }
      default -> throw new IllegalArgumentException("integers: " + type);
    }
  }
}

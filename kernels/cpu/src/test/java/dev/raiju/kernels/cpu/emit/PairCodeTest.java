package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Packing and multiplying pairs of bf16 on shapes of every kind, between pages that must not be touched.
final class PairCodeTest {
  private static final int UNTOUCHED = 0x7fc1;
  private static final SplittableRandom RANDOM = new SplittableRandom(3);

  @BeforeAll
  static void needsBf16() {
    assumeTrue(Emission.here().features().bf16(), "no AVX512_BF16 here: " + Emission.here().problem());
  }

  private static final PairCode CODE = Emission.here().features().bf16() ? PairCode.load(new PosixPages()) : null;

  /// Numbers of every size that bf16 has, ties and infinities among them, but no subnormal ones.
  private static float any() {
    return switch (RANDOM.nextInt(8)) {
      case 0 -> RANDOM.nextBoolean() ? 0f : -0f;
      case 1 -> Float.intBitsToFloat(0x3f800000 | RANDOM.nextInt(1 << 7) << 16 | 0x8000);
      case 2 -> Float.POSITIVE_INFINITY;
      case 3 -> Float.MAX_VALUE;
      default -> Float.intBitsToFloat(RANDOM.nextInt() & 0xbfffffff | 0x20000000);
    };
  }

  private static short narrowed(float value) { return Narrow.toBf16(value); }

  @Test
  void narrowsRowsOfAnyLength() {
    for (int round = 0; round < 400; round++) {
      int rows = RANDOM.nextInt(1, 6);
      int columns = RANDOM.nextInt(1, 80);
      int even = (columns + 1) / 2 * 2;
      int gap = 2 * RANDOM.nextInt(0, 4);
      boolean atEnd = RANDOM.nextBoolean();
      try (var x = new GuardedMemory(4L * rows * columns, atEnd); var y = new GuardedMemory(2L * rows * (even + gap), atEnd)) {
        for (int i = 0; i < rows * columns; i++) Cells.setFloat(x.address() + 4L * i, any());
        for (int i = 0; i < rows * (even + gap); i++) Cells.setShort(y.address() + 2L * i, (short) UNTOUCHED);
        CODE.narrow(x.address(), 4L * columns, y.address(), 2L * (even + gap), rows, columns);
        for (int i = 0; i < rows; i++) {
          for (int k = 0; k < even + gap; k++) {
            short want = k >= even
                ? (short) UNTOUCHED
                : k >= columns
                    ? 0
                    : narrowed(Cells.getFloat(x.address() + 4L * (i * columns
                        + k)));
            assertEquals(want, Cells.getShort(y.address() + 2L * (i * (even + gap) + k)), rows + " x " + columns + " at " + i
                + ", "
                + k);
          }
        }
      }
    }
  }

  @Test
  void pairsRowsOfAnyLengthAndType() {
    for (int round = 0; round < 400; round++) {
      DType type = RANDOM.nextBoolean() ? DType.F32 : DType.BF16;
      int rows = RANDOM.nextInt(1, 6);
      int columns = RANDOM.nextInt(1, 60);
      boolean atEnd = RANDOM.nextBoolean();
      int bytes = type.unitBytes();
      try (var x = new GuardedMemory(2L * bytes * rows * columns, atEnd); var y = new GuardedMemory(4L * rows * columns, atEnd)) {
        for (int i = 0; i < 2 * rows * columns; i++) {
          if (type == DType.F32) Cells.setFloat(x.address() + 4L * i, any());
          else
            Cells.setShort(x.address() + 2L * i, (short) RANDOM.nextInt());
        }
        long rowBytes = (long) bytes * columns;
        CODE.pair(type, x.address(), x.address() + rowBytes, 2 * rowBytes, y.address(), 4L * columns, rows, columns);
        for (int i = 0; i < rows; i++) {
          for (int j = 0; j < columns; j++) {
            long even = x.address() + 2 * i * rowBytes + (long) bytes * j;
            int want = bf16(type, even) & 0xffff | bf16(type, even + rowBytes) << 16;
            assertEquals(want, Cells.getInt(y.address() + 4L * (i * columns + j)), type + " " + rows + " x " + columns + " at "
                + i
                + ", " + j);
          }
        }
      }
    }
  }

  private static short bf16(DType type, long at) {
    return type == DType.F32 ? narrowed(Cells.getFloat(at)) : Cells.getShort(at);
  }

  /// Sums of small whole numbers, which no rounding touches.
  @Test
  void multipliesPairsOfEveryShapeAndTouchesNothingElse() {
    for (int round = 0; round < 300; round++) {
      int rows = RANDOM.nextInt(1, 30);
      int columns = RANDOM.nextInt(1, 33);
      int depth = RANDOM.nextInt(0, 40);
      int width = columns > 16 ? 32 : 16;
      boolean add = RANDOM.nextBoolean();
      boolean atEnd = RANDOM.nextBoolean();
      try (var a = new GuardedMemory(4L * rows * depth, atEnd);
          var b = new GuardedMemory(4L * depth * width, atEnd);
          var c = new GuardedMemory(4L * rows * columns, atEnd);
          var offsets = new GuardedMemory(4L * depth, atEnd)) {
        whole(a.address(), 2 * rows * depth);
        whole(b.address(), 2 * depth * width);
        for (int i = 0; i < rows * columns; i++) Cells.setFloat(c.address() + 4L * i, add ? i % 5 : Float.NaN);
        for (int k = 0; k < depth; k++) Cells.setInt(offsets.address() + 4L * k, 4 * k);
        CODE.multiply(a.address(), 4L * depth, 48L * depth, offsets.address(), b.address(), 4L * width, c.address(), 4L * columns,
            rows, columns, depth, add);
        for (int i = 0; i < rows; i++) {
          for (int j = 0; j < columns; j++) {
            float want = add ? (i * columns + j) % 5 : 0;
            for (int k = 0; k < 2 * depth; k++) {
              want += Narrow.fromBf16(Cells.getShort(a.address() + 4L * i * depth + 2L * k)) * Narrow.fromBf16(Cells.getShort(b
                  .address() + 4L * (k / 2 * width + j) + k % 2 * 2));
            }
            assertEquals(want, Cells.getFloat(c.address() + 4L * (i * columns + j)), rows + " x " + columns + " x " + depth);
          }
        }
      }
    }
  }

  private static void whole(long to, int count) {
    for (int i = 0; i < count; i++) Cells.setShort(to + 2L * i, Narrow.toBf16(RANDOM.nextInt(-8, 9)));
  }
}

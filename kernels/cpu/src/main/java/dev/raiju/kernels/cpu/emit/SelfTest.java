package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.PairKernels;
import dev.raiju.kernels.cpu.scalar.ScalarBytes;
import dev.raiju.kernels.cpu.scalar.ScalarMicroKernels;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import java.lang.foreign.Arena;
import java.util.Optional;

/// A product in every tile shape, compared with plain Java before any of the code is used.
final class SelfTest {
  private static final int DEPTH = 5;
  // the most of any shape
  private static final int ROWS = TileShape.AVX512.rows();
  private static final int COLUMNS = TileShape.AVX512.columns();

  private SelfTest() {}

  /// The first shape that is wrong.
  static Optional<String> find(TileCode tiles) {
    try (Arena arena = Arena.ofConfined()) {
      long offsets = arena.allocate(4 * DEPTH, 64).address();
      for (int k = 0; k < DEPTH; k++) Cells.setInt(offsets + 4L * k, 4 * k);
      long a = arena.allocate(4 * ROWS * DEPTH, 64).address();
      long b = arena.allocate(4 * DEPTH * COLUMNS, 64).address();
      long c = arena.allocate(4 * ROWS * COLUMNS, 64).address();
      fill(a, ROWS * DEPTH, 0.7f);
      fill(b, DEPTH * COLUMNS, -1.3f);
      TileShape shape = tiles.shape();
      for (int rows = 1; rows <= shape.rows(); rows++) {
        for (int columns = 1; columns <= shape.columns(); columns++) {
          fill(c, ROWS * COLUMNS, 2.1f);
          boolean add = columns % 2 == 0;
          tiles.multiply(a, 4 * DEPTH, 4 * DEPTH * ROWS, offsets, b, 4 * COLUMNS, c, 4 * COLUMNS, rows, columns, DEPTH, add);
          if (!isRight(a, b, c, rows, columns, add)) return Optional.of(rows + " x " + columns);
        }
      }
      return Optional.empty();
    }
  }

  /// What is wrong with packing and multiplying pairs: small whole numbers have exact sums.
  static Optional<String> find(PairKernels pairs) {
    try (Arena arena = Arena.ofConfined()) {
      long offsets = arena.allocate(4, 64).address();
      Cells.setInt(offsets, 0);
      long x = arena.allocate(4 * 4 * COLUMNS, 64).address();
      long a = arena.allocate(4 * ROWS, 64).address();
      long b = arena.allocate(4 * COLUMNS, 64).address();
      long c = arena.allocate(4 * ROWS * COLUMNS, 64).address();
      for (int i = 0; i < 4 * COLUMNS; i++) Cells.setFloat(x + 4L * i, i % 23 - 11);
      pairs.narrow(x, 8, a, 4, ROWS, 2);
      pairs.pair(DType.F32, x, x + 4 * COLUMNS, 0, b, 0, 1, COLUMNS);
      pairs.multiply(a, 4, 4 * ROWS, offsets, b, 4 * COLUMNS, c, 4 * COLUMNS, ROWS, COLUMNS, 1, false);
      for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
          float want = Cells.getFloat(x + 8L * i) * Cells.getFloat(x + 4L * j) + Cells.getFloat(x + 8L * i + 4) * Cells.getFloat(x
              + 4L * (COLUMNS + j));
          if (Cells.getFloat(c + 4L * (i * COLUMNS + j)) != want) return Optional.of("pairs of bf16");
        }
      }
      return findInSoftmax(pairs);
    }
  }

  /// What is wrong with the softmax of pairs: rounded, numbers of plain Java must be the same.
  private static Optional<String> findInSoftmax(PairKernels pairs) {
    MicroKernels plain = new ScalarMicroKernels();
    long bytes = 4L * COLUMNS;
    try (Arena arena = Arena.ofConfined()) {
      long found = arena.allocate(12 * bytes, 64).address();
      long want = arena.allocate(12 * bytes, 64).address();
      for (long memory : new long[] {found, want}) fill(memory, 12 * COLUMNS, 0.7f);
      // three keys, then what belongs to the queries, then lines
      pairs.softmax(found, bytes, 3, COLUMNS, 1.3f, found + 6 * bytes, found + 7 * bytes, found + 8 * bytes);
      plain.softmax(want, bytes, 3, COLUMNS, 1.3f, want + 6 * bytes, want + 7 * bytes, want + 8 * bytes);
      for (int j = 0; j < COLUMNS; j++) {
        for (int i = 0; i < 4; i++) {
          short number = i < 3 ? Narrow.toBf16(Cells.getFloat(want + i * bytes + 4L * j)) : 0;
          if (Cells.getShort(found + i / 2 * bytes + 4L * j + i % 2 * 2) != number) return Optional.of("softmax of pairs");
        }
      }
      for (long memory : new long[] {found, want}) fill(memory, 12 * COLUMNS, 0.7f);
      pairs.scoreGradients(found, found + 3 * bytes, bytes, 3, 0.9f, found + 6 * bytes, found + 7 * bytes, found + 8 * bytes);
      plain.scoreGradients(want, want + 3 * bytes, bytes, 3, COLUMNS, 0.9f, want + 6 * bytes, want + 7 * bytes);
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < COLUMNS; j++) {
          long line = i * bytes / 2 + 2L * j;
          short p = Narrow.toBf16(Cells.getFloat(want + i * bytes + 4L * j));
          short d = Narrow.toBf16(Cells.getFloat(want + (3 + i) * bytes + 4L * j));
          boolean same = Cells.getShort(found + line) == p && Cells.getShort(found + 8 * bytes + line) == d && Cells.getShort(
              found
                  + (3 + i / 2) * bytes + 4L * j + i % 2 * 2) == d;
          if (!same) return Optional.of("score gradients of pairs");
        }
      }
      return Optional.empty();
    }
  }

  /// What is wrong with products of bytes: plain Java must find the same bits.
  static Optional<String> find(ByteCode bytes) {
    ByteLines lines = new ByteLines(32);
    int depth = 2 * lines.words();
    try (Arena arena = Arena.ofConfined()) {
      long a = arena.allocate(4L * ROWS * depth, 64).address();
      long b = arena.allocate(4L * depth * COLUMNS, 64).address();
      long c = arena.allocate(4L * ROWS * COLUMNS, 64).address();
      long want = arena.allocate(4L * ROWS * COLUMNS, 64).address();
      // as floats they have bytes of every kind
      fill(a, ROWS * depth, 0.7f);
      fill(b, depth * COLUMNS, -1.3f);
      for (int rows = 1; rows <= ByteEmitter.ROWS; rows++) {
        for (int columns = 1; columns <= COLUMNS; columns += 3) {
          fill(c, ROWS * COLUMNS, 2.1f);
          fill(want, ROWS * COLUMNS, 2.1f);
          boolean add = columns % 2 == 0;
          bytes.of(lines).multiply(a, 4L * depth, 0, 0, b, 4 * COLUMNS, c, 4 * COLUMNS, rows, columns, depth, add);
          new ScalarBytes(lines).multiply(a, 4L * depth, 0, 0, b, 4 * COLUMNS, want, 4 * COLUMNS, rows, columns, depth, add);
          for (int i = 0; i < ROWS * COLUMNS; i++) {
            if (Cells.getInt(c + 4L * i) != Cells.getInt(want + 4L * i)) return Optional.of("bytes, " + rows + " x " + columns);
          }
        }
      }
      return Optional.empty();
    }
  }

  /// What is wrong with the softmax of attention and its gradient: plain Java must find the same bits.
  static Optional<String> find(ScoreCode scores) {
    MicroKernels plain = new ScalarMicroKernels();
    int keys = 5;
    // scores, their gradients, and what belongs to the queries
    int rows = 2 * keys + 6;
    long bytes = 4L * COLUMNS;
    try (Arena arena = Arena.ofConfined()) {
      long found = arena.allocate(rows * bytes, 64).address();
      long want = arena.allocate(rows * bytes, 64).address();
      for (int width = ScoreCode.LANES; width <= COLUMNS; width += ScoreCode.LANES) {
        for (long memory : new long[] {found, want}) fill(memory, rows * COLUMNS, 0.7f);
        long queries = found + 2 * keys * bytes;
        scores.softmax(found, bytes, keys, width, 1.3f, queries, queries + bytes, queries + 2 * bytes);
        scores.gradients(found, found + keys * bytes, bytes, keys, width, 0.9f, queries + 3 * bytes, queries + 4 * bytes);
        queries = want + 2 * keys * bytes;
        plain.softmax(want, bytes, keys, width, 1.3f, queries, queries + bytes, queries + 2 * bytes);
        plain.scoreGradients(want, want + keys * bytes, bytes, keys, width, 0.9f, queries + 3 * bytes, queries + 4 * bytes);
        for (int i = 0; i < rows * COLUMNS; i++) {
          if (Cells.getInt(found + 4L * i) != Cells.getInt(want + 4L * i)) return Optional.of("softmax");
        }
      }
      return Optional.empty();
    }
  }

  /// Numbers whose products are not exact.
  private static void fill(long to, int count, float scale) {
    for (int i = 0; i < count; i++) Cells.setFloat(to + 4L * i, value(i, scale));
  }

  private static float value(int i, float scale) { return scale * (i % 37 - 17) / 3; }

  private static boolean isRight(long a, long b, long c, int rows, int columns, boolean add) {
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        boolean named = i < rows && j < columns;
        float want = named && !add ? 0 : value(i * COLUMNS + j, 2.1f);
        for (int k = 0; k < DEPTH && named; k++) {
          want = Math.fma(Cells.getFloat(a + 4L * (i * DEPTH + k)), Cells.getFloat(b + 4L * (k * COLUMNS + j)), want);
        }
        if (Cells.getInt(c + 4L * (i * COLUMNS + j)) != Float.floatToRawIntBits(want)) return false;
      }
    }
    return true;
  }
}

package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.scalar.ScalarMicroKernels;
import dev.raiju.tensor.Narrow;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The softmax of attention and its gradients on shapes of every kind, between pages that must not be touched: the bits of plain
/// Java.
final class ScoreCodeTest {
  private static final int UNTOUCHED = 0x7fc12345;
  private static final SplittableRandom RANDOM = new SplittableRandom(5);
  private static final MicroKernels PLAIN = new ScalarMicroKernels();

  @BeforeAll
  static void needsAvx512() {
    assumeTrue(Emission.here().features().avx512(), "no AVX-512 here: " + Emission.here().problem());
  }

  private static final ScoreCode CODE = Emission.here().features().avx512() ? ScoreCode.load(new PosixPages()) : null;

  /// Scores near each other and far apart, those of hidden keys among them.
  private static float score(float hidden) {
    return switch (RANDOM.nextInt(12)) {
      case 0 -> hidden;
      case 1 -> (float) RANDOM.nextDouble(-300, 100);
      case 2 -> RANDOM.nextBoolean() ? 0f : -0f;
      default -> (float) RANDOM.nextDouble(-4, 4);
    };
  }

  /// Rows of one shape in guarded memory, and a copy of them for plain Java.
  private record Rows(GuardedMemory found, Arena arena, long want, int count, int width, int gap) implements AutoCloseable {
    static Rows of(int count, int width, int gap, boolean atEnd, float hidden) {
      long floats = (long) count * (width + gap) - gap;
      Arena arena = Arena.ofConfined();
      Rows rows = new Rows(new GuardedMemory(4 * floats, atEnd), arena, arena.allocate(4 * floats, 64).address(), count, width,
          gap);
      for (int i = 0; i < floats; i++) {
        boolean between = i % (width + gap) >= width;
        int bits = between ? UNTOUCHED : Float.floatToRawIntBits(score(hidden));
        Cells.setInt(rows.found.address() + 4L * i, bits);
        Cells.setInt(rows.want + 4L * i, bits);
      }
      return rows;
    }

    long bytes() { return 4L * (width + gap); }

    long found(int row) { return found.address() + row * bytes(); }

    long want(int row) { return want + row * bytes(); }

    void set(int row, int column, float value) {
      Cells.setFloat(found(row) + 4L * column, value);
      Cells.setFloat(want(row) + 4L * column, value);
    }

    void assertSame(String where) {
      for (int i = 0; i < count * (width + gap) - gap; i++) {
        int at = i;
        assertEquals(Cells.getInt(want + 4L * i), Cells.getInt(found.address() + 4L * i), () -> where + " at " + at / (width
            + gap) + ", " + at % (width + gap));
      }
    }

    @Override
    public void close() {
      found.close();
      arena.close();
    }
  }

  @Test
  void softmaxHasTheBitsOfPlainJava() {
    for (int round = 0; round < 400; round++) {
      int keys = RANDOM.nextInt(1, 40);
      int width = 16 * RANDOM.nextInt(1, 3);
      float scale = RANDOM.nextInt(8) == 0 ? -0.7f : (float) RANDOM.nextDouble(0.1, 2);
      float hidden = Math.copySign(Float.POSITIVE_INFINITY, -scale);
      boolean atEnd = RANDOM.nextBoolean();
      try (Rows s = Rows.of(keys, width, RANDOM.nextInt(0, 4), atEnd, hidden); Rows q = Rows.of(3, width, 0, atEnd, 0)) {
        for (int j = 0; j < width; j++) {
          // the first block of a softmax, a later one, and keys that are all hidden
          if (RANDOM.nextInt(3) == 0) q.set(0, j, Float.NEGATIVE_INFINITY);
          q.set(1, j, (float) RANDOM.nextDouble(0, 9));
          if (RANDOM.nextInt(8) == 0) for (int i = 0; i < keys; i++) s.set(i, j, hidden);
        }
        CODE.softmax(s.found(0), s.bytes(), keys, width, scale, q.found(0), q.found(1), q.found(2));
        PLAIN.softmax(s.want(0), s.bytes(), keys, width, scale, q.want(0), q.want(1), q.want(2));
        s.assertSame("scores, " + keys + " keys, scale " + scale);
        q.assertSame("queries, " + keys + " keys, scale " + scale);
      }
    }
  }

  @Test
  void gradientsHaveTheBitsOfPlainJava() {
    for (int round = 0; round < 400; round++) {
      int keys = RANDOM.nextInt(1, 40);
      int width = 16 * RANDOM.nextInt(1, 3);
      int gap = RANDOM.nextInt(0, 4);
      boolean atEnd = RANDOM.nextBoolean();
      try (Rows s = Rows.of(keys, width, gap, atEnd, Float.NEGATIVE_INFINITY);
          Rows d = Rows.of(keys, width, gap, atEnd, 0);
          Rows q = Rows.of(2, width, 0, atEnd, 0)) {
        for (int j = 0; j < width; j++) {
          q.set(0, j, RANDOM.nextInt(6) == 0 ? Float.POSITIVE_INFINITY : (float) RANDOM.nextDouble(-3, 5));
          for (int i = 0; i < keys; i++) d.set(i, j, (float) RANDOM.nextDouble(-3, 3));
        }
        CODE.gradients(s.found(0), d.found(0), s.bytes(), keys, width, 0.3f, q.found(0), q.found(1));
        PLAIN.scoreGradients(s.want(0), d.want(0), s.bytes(), keys, width, 0.3f, q.want(0), q.want(1));
        s.assertSame("probabilities, " + keys + " keys");
        d.assertSame("gradients, " + keys + " keys");
        q.assertSame("queries");
      }
    }
  }

  private static PairCode pairs() {
    assumeTrue(Emission.here().features().bf16(), "no AVX512_BF16 here");
    return PairCode.load(new PosixPages());
  }

  private static short rounded(long row, int column) { return Narrow.toBf16(Cells.getFloat(row + 4L * column)); }

  @Test
  void softmaxOfPairsIsThatOfPlainJavaRounded() {
    PairCode pairs = pairs();
    for (int round = 0; round < 300; round++) {
      int keys = RANDOM.nextInt(1, 40);
      int width = 16 * RANDOM.nextInt(1, 3);
      boolean atEnd = RANDOM.nextBoolean();
      float hidden = Float.NEGATIVE_INFINITY;
      try (Rows s = Rows.of(keys, width, RANDOM.nextInt(0, 4), atEnd, hidden); Rows q = Rows.of(3, width, 0, atEnd, 0)) {
        for (int j = 0; j < width; j++) {
          if (RANDOM.nextInt(3) == 0) q.set(0, j, hidden);
          q.set(1, j, (float) RANDOM.nextDouble(0, 9));
        }
        pairs.softmax(s.found(0), s.bytes(), keys, width, 0.8f, q.found(0), q.found(1), q.found(2));
        PLAIN.softmax(s.want(0), s.bytes(), keys, width, 0.8f, q.want(0), q.want(1), q.want(2));
        q.assertSame("queries, " + keys + " keys");
        for (int i = 0; i < keys + keys % 2; i++) {
          for (int j = 0; j < width; j++) {
            short wanted = i < keys ? normal(rounded(s.want(i), j)) : 0;
            assertEquals(wanted, Cells.getShort(s.found(i / 2) + 4L * j + i % 2 * 2), keys + " keys at " + i + ", " + j);
          }
        }
      }
    }
  }

  /// The processor rounds subnormal numbers to zero.
  private static short normal(short bf16) { return (bf16 & 0x7f80) == 0 ? (short) (bf16 & 0x8000) : bf16; }

  @Test
  void gradientsOfPairsAreThoseOfPlainJavaRounded() {
    PairCode pairs = pairs();
    int width = 32;
    for (int round = 0; round < 300; round++) {
      int keys = RANDOM.nextInt(1, 40);
      boolean atEnd = RANDOM.nextBoolean();
      try (Rows s = Rows.of(keys, width, 0, atEnd, Float.NEGATIVE_INFINITY);
          Rows d = Rows.of(keys, width, 0, atEnd, 0);
          Rows q = Rows.of(2, width, 0, atEnd, 0);
          Rows lines = Rows.of(keys, width / 2, 0, atEnd, 0)) {
        for (int j = 0; j < width; j++) {
          q.set(0, j, RANDOM.nextInt(6) == 0 ? Float.POSITIVE_INFINITY : (float) RANDOM.nextDouble(-3, 5));
          for (int i = 0; i < keys; i++) d.set(i, j, (float) RANDOM.nextDouble(-3, 3));
        }
        pairs.scoreGradients(s.found(0), d.found(0), s.bytes(), keys, 0.3f, q.found(0), q.found(1), lines.found(0));
        PLAIN.scoreGradients(s.want(0), d.want(0), s.bytes(), keys, width, 0.3f, q.want(0), q.want(1));
        q.assertSame("queries");
        for (int i = 0; i < keys + keys % 2; i++) {
          for (int j = 0; j < width; j++) {
            String where = keys + " keys at " + i + ", " + j;
            short gradient = i < keys ? normal(rounded(d.want(i), j)) : 0;
            assertEquals(gradient, Cells.getShort(d.found(i / 2) + 4L * j + i % 2 * 2), where);
            if (i == keys) continue;
            assertEquals(gradient, Cells.getShort(lines.found(i) + 2L * j), where);
            assertEquals(normal(rounded(s.want(i), j)), Cells.getShort(s.found(0) + 64L * i + 2L * j), where);
          }
        }
      }
    }
  }
}

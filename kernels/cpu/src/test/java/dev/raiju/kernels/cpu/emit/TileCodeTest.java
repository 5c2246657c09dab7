package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.emit.Avx512Tiles.Word;
import dev.raiju.kernels.cpu.loops.Cells;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The tiles on shapes of every kind, between pages that must not be touched, against a loop in plain Java.
final class TileCodeTest {
  private static final int UNTOUCHED = 0x7fc12345;

  private static TileCode tiles(TileShape shape) {
    CpuFeatures here = Emission.here().features();
    boolean runs = shape == TileShape.AVX512 ? here.avx512() : here.avx2() && here.fma();
    assumeTrue(runs, () -> "no " + shape + " here: " + Emission.here().problem());
    return TileCode.f32(new PosixPages(), shape);
  }

  /// A product in guarded memory: rows far apart or side by side, results with a gap behind each row.
  private record Case(int rows, int columns, int depth, boolean add, boolean sideBySide, int gap, boolean atEnd, long seed) {
    static Case of(SplittableRandom random, TileShape shape) {
      return new Case(random.nextInt(1, 40), random.nextInt(1, shape.columns() + 1), random.nextInt(0, 70), random.nextBoolean(),
          random
              .nextBoolean(), random.nextInt(0, 3) * 5, random.nextBoolean(), random.nextLong());
    }

    /// The first element that is wrong, or an empty text.
    String run(TileCode tiles) {
      SplittableRandom random = new SplittableRandom(seed);
      int lanes = tiles.shape().lanes();
      int width = columns > lanes ? 2 * lanes : lanes;
      long cBytes = 4L * (columns + gap);
      // the last row of the result has no gap behind it
      try (var a = new GuardedMemory(4L * rows * depth, atEnd);
          var b = new GuardedMemory(4L * depth * width, atEnd);
          var c = new GuardedMemory(cBytes * rows - 4L * gap, atEnd);
          var offsets = new GuardedMemory(4L * depth, atEnd)) {
        fill(random, a.address(), rows * depth);
        fill(random, b.address(), depth * width);
        float[][] want = new float[rows][columns];
        for (int i = 0; i < rows; i++) {
          for (int j = 0; j < columns + (i + 1 < rows ? gap : 0); j++) {
            float value = (float) random.nextDouble() - 0.5f;
            boolean named = j < columns;
            if (named && add) want[i][j] = value;
            Cells.setInt(c.address() + i * cBytes + 4L * j, named ? Float.floatToRawIntBits(value) : UNTOUCHED);
          }
        }
        long rowBytes = sideBySide ? 4 : 4L * depth;
        for (int k = 0; k < depth; k++) {
          Cells.setInt(offsets.address() + 4L * k, sideBySide ? 4 * rows * k : 4 * k);
          for (int i = 0; i < rows; i++) {
            float left = Cells.getFloat(a.address() + rowBytes * i + Cells.getInt(offsets.address() + 4L * k));
            for (int j = 0; j < columns; j++)
              want[i][j] = Math.fma(left, Cells.getFloat(b.address() + 4L * (k * width + j)), want[i][j]);
          }
        }
        tiles.multiply(a.address(), rowBytes, tiles.shape().rows() * rowBytes, offsets.address(), b.address(), 4L * width, c
            .address(), cBytes,
            rows,
            columns, depth, add);
        return difference(want, c.address(), cBytes);
      }
    }

    private String difference(float[][] want, long c, long cBytes) {
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns + (i + 1 < rows ? gap : 0); j++) {
          int bits = Cells.getInt(c + i * cBytes + 4L * j);
          int wanted = j < columns ? Float.floatToRawIntBits(want[i][j]) : UNTOUCHED;
          if (bits != wanted) return this + " at " + i + ", " + j + ": " + Float.intBitsToFloat(bits);
        }
      }
      return "";
    }
  }

  private static void fill(SplittableRandom random, long to, int count) {
    for (int i = 0; i < count; i++) Cells.setFloat(to + 4L * i, (float) random.nextDouble() - 0.5f);
  }

  @ParameterizedTest
  @EnumSource
  void multipliesEveryShapeExactlyAndTouchesNothingElse(TileShape shape) {
    TileCode tiles = tiles(shape);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 600; i++) assertEquals("", Case.of(random, shape).run(tiles));
    for (int rows = 1; rows <= shape.rows() + 1; rows++) {
      for (int columns = 1; columns <= shape.columns(); columns++) {
        assertEquals("", new Case(rows, columns, 3, false, false, 0, true, rows).run(tiles));
        assertEquals("", new Case(rows, columns, 3, true, true, 4, false, rows).run(tiles));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void cutsLongWorkWithoutAChangeOfBits(TileShape shape) {
    TileCode tiles = tiles(shape);
    int most = shape.columns();
    assertEquals("", new Case(13, most - 3, 4096 + 17, false, false, 3, true, 5).run(tiles));
    assertEquals("", new Case(1, most, 2 * 4096, true, true, 0, true, 6).run(tiles));
    assertEquals("", new Case(301, 7, 300, true, false, 1, true, 7).run(tiles));
  }

  @ParameterizedTest
  @EnumSource
  void runsOnManyThreadsAtOnce(TileShape shape) throws InterruptedException, ExecutionException {
    TileCode tiles = tiles(shape);
    List<Callable<String>> work = new ArrayList<>();
    for (int seed = 0; seed < 80; seed++) {
      Case one = Case.of(new SplittableRandom(seed), shape);
      work.add(() -> one.run(tiles));
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<String> result : threads.invokeAll(work)) assertEquals("", result.get());
    }
  }

  @Test
  void selfTestFindsWrongCode() {
    assumeTrue(Emission.here().features().bf16(), "no AVX512_BF16 here");
    TileCode pairs = TileCode.load(new PosixPages(), a -> new Avx512Tiles(a, Word.BF16_PAIR));
    // code for another type of numbers is as wrong as code can be without ending the process
    assertEquals("1 x 1", SelfTest.find(pairs).orElse("nothing wrong"));
    for (TileShape shape : TileShape.values()) assertTrue(SelfTest.find(tiles(shape)).isEmpty());
  }
}

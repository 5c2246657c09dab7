package dev.raiju.kernels.cpu.emit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.TileProduct;
import dev.raiju.kernels.cpu.scalar.ScalarMicroKernels;
import dev.raiju.kernels.cpu.vector.VectorMicroKernels;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Products of 8 bits on shapes of every kind, between pages that must not be touched, against sums of 64 bits.
final class ByteCodeTest {
  private static final int UNTOUCHED = 0x7fc12345;

  private record Subject(String name, MicroKernels micro) {
    @Override
    public String toString() { return name; }
  }

  static Stream<Subject> subjects() {
    Stream<Subject> plain = Stream.of(new Subject("scalar", new ScalarMicroKernels()), new Subject("vector",
        new VectorMicroKernels()));
    return Stream.concat(plain, List.of(Level.BEST, Level.AVX2).stream().map(level -> new Subject("emitted " + level, Emission
        .here(level).micro().map(micro -> micro.apply(new VectorMicroKernels())).orElseGet(ScalarMicroKernels::new))));
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void multipliesEveryShapeExactlyAndTouchesNothingElse(Subject subject) {
    assumeTrue(!subject.name.startsWith("emitted") || subject.micro.provider().equals("emitted"), "no code can be emitted here");
    SplittableRandom random = new SplittableRandom(4);
    for (int round = 0; round < 400; round++) {
      int group = random.nextBoolean() ? 32 : 64;
      check(subject.micro, new ByteLines(group), random.nextInt(1, 30), random.nextInt(1, 1 + subject.micro.panelColumns()),
          random
              .nextInt(0, 4), random);
    }
    // a longer sum than one call takes, whose parts reach the ends of their range
    check(subject.micro, new ByteLines(64), 13, subject.micro.panelColumns(), 320, random);
  }

  private static void check(MicroKernels micro, ByteLines lines, int rows, int columns, int groups, SplittableRandom random) {
    int width = micro.width(columns);
    int depth = groups * lines.words();
    boolean add = random.nextBoolean();
    boolean atEnd = random.nextBoolean();
    int gap = random.nextInt(0, 3) * 5;
    long cBytes = 4L * (columns + gap);
    TileProduct tiles = micro.bytes(lines);
    try (var a = new GuardedMemory(4L * rows * depth, atEnd);
        var b = new GuardedMemory(4L * depth * width, atEnd);
        var c = new GuardedMemory(cBytes * rows - 4L * gap, atEnd)) {
      for (int i = 0; i < depth * rows; i++) Cells.setInt(a.address() + 4L * i, codes(random));
      for (int i = 0; i < depth * width; i++) Cells.setInt(b.address() + 4L * i, codes(random));
      float[][] want = new float[rows][columns];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns + (i + 1 < rows ? gap : 0); j++) {
          Cells.setInt(c.address() + i * cBytes + 4L * j, j < columns ? Float.floatToRawIntBits((float) (i - j)) : UNTOUCHED);
          if (j < columns && add) want[i][j] = i - j;
        }
      }
      for (int g = 0; g < groups; g++) group(lines, g, a.address(), 4L * depth, b.address(), 4L * width, want, random);
      tiles.multiply(a.address(), 4L * depth, 0, 0, b.address(), 4L * width, c.address(), cBytes, rows, columns, depth, add);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns + (i + 1 < rows ? gap : 0); j++) {
          int wanted = j < columns ? Float.floatToRawIntBits(want[i][j]) : UNTOUCHED;
          assertEquals(wanted, Cells.getInt(c.address() + i * cBytes + 4L * j), rows + " x " + columns + " x " + groups + " of "
              + lines.group() + " at " + i + ", " + j);
        }
      }
    }
  }

  /// Four codes, the ends of their range among them.
  private static int codes(SplittableRandom random) {
    return switch (random.nextInt(6)) {
      case 0 -> 0x81818181;
      case 1 -> 0x7f7f7f7f;
      case 2 -> -1;
      default -> random.nextInt();
    };
  }

  /// Gives a group scales, biases and sums, and adds what it makes of the results.
  private static void group(ByteLines lines, int g, long a, long aBytes, long b, long bBytes, float[][] want,
      SplittableRandom random) {
    long end = (long) g * lines.words() + lines.quads();
    for (int j = 0; j < bBytes / 4; j++) {
      Cells.setFloat(b + end * bBytes + 4L * j, (float) random.nextDouble() - 0.5f);
      Cells.setFloat(b + (end + 1) * bBytes + 4L * j, (float) random.nextDouble() - 0.5f);
    }
    for (int i = 0; i < want.length; i++) {
      long line = a + i * aBytes + 4L * g * lines.words();
      long total = 0;
      for (int k = 0; k < lines.group(); k++) total += Cells.getByte(line + k);
      Cells.setFloat(a + i * aBytes + 4 * end, (float) total);
      for (int j = 0; j < want[i].length; j++) {
        long sum = 0;
        for (int k = 0; k < lines.group(); k++) {
          long row = b + ((long) g * lines.words() + k / 4) * bBytes;
          sum += (long) Cells.getByte(line + k) * (Cells.getByte(row + 4L * j + k % 4) & 0xff);
        }
        want[i][j] = Math.fma((float) sum, Cells.getFloat(b + end * bBytes + 4L * j), want[i][j]);
        want[i][j] = Math.fma((float) total, Cells.getFloat(b + (end + 1) * bBytes + 4L * j), want[i][j]);
      }
    }
  }
}

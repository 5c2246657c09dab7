package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.COUNT;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.I32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.TileProduct;
import dev.raiju.kernels.cpu.scalar.ScalarBytes;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Products of 8 bits without an instruction for them: the Vector API has none, so a word takes four products of 32 bits. Sums of
/// a group are whole numbers and exact.
///
/// @param lines how factors lie
record VectorBytes(ByteLines lines) implements TileProduct {
  /// As many bytes as there are floats in a vector, or the eight that the narrowest vector has.
  private static final VectorSpecies<Byte> I8 = VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * COUNT)));
  // added to a small number, it leaves no places behind the point
  private static final float MAGIC = 0x1.8p23f;

  /// See [dev.raiju.kernels.cpu.products.MicroKernels#quantize].
  static float quantize(long x, int n, int group, long line) {
    float largest = largest(x, n);
    long to = line;
    for (int g = 0; g < n; g += group) {
      int sum = codes(x + 4L * g, group, ScalarBytes.inverse(largest), to);
      Cells.setFloat(to + group, (float) sum);
      Cells.setInt(to + group + 4, 0);
      to += group + 8;
    }
    return ScalarBytes.step(largest);
  }

  private static float largest(long x, int n) {
    FloatVector largest = FloatVector.zero(F32);
    for (long i = 0; i < 4L * n; i += 4L * COUNT) largest = largest.max(fromMemorySegment(F32, ALL, x + i, ORDER).abs());
    return largest.reduceLanes(VectorOperators.MAX);
  }

  /// The codes of a group and their sum. Four lanes are stored as eight bytes, of which the next store or the sum takes back four.
  private static int codes(long x, int group, float inverse, long to) {
    IntVector sum = IntVector.zero(I32);
    for (int i = 0; i < group; i += COUNT) {
      FloatVector rounded = fromMemorySegment(F32, ALL, x + 4L * i, ORDER).mul(inverse).add(MAGIC);
      IntVector code = rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(MAGIC));
      sum = sum.add(code);
      ((ByteVector) code.convertShape(VectorOperators.I2B, I8, 0)).intoMemorySegment(ALL, to + i, ORDER);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    int groups = depth / lines.words();
    for (int j = 0; j < columns; j += COUNT) {
      VectorMask<Float> there = F32.indexInRange(j, columns);
      for (int r = 0; r < rows; r++)
        row(a + r * rowBytes, b + 4L * j, bBytes, c + r * cBytes + 4L * j, groups, lines.quads(), add, there);
    }
  }

  /// One vector of a row.
  private static void row(long a, long b, long bBytes, long c, int groups, int quads, boolean add, VectorMask<Float> there) {
    FloatVector sum = add ? fromMemorySegment(F32, ALL, c, ORDER, there) : FloatVector.zero(F32);
    long left = a;
    long right = b;
    for (int g = 0; g < groups; g++) {
      IntVector whole = IntVector.zero(I32);
      for (int q = 0; q < quads; q++) {
        int word = Cells.getInt(left + 4L * q);
        IntVector codes = IntVector.fromMemorySegment(I32, ALL, right, ORDER);
        whole = whole.add(codes.and(0xff).mul((byte) word));
        whole = whole.add(codes.lanewise(VectorOperators.LSHR, 8).and(0xff).mul((byte) (word >> 8)));
        whole = whole.add(codes.lanewise(VectorOperators.LSHR, 16).and(0xff).mul((byte) (word >> 16)));
        whole = whole.add(codes.lanewise(VectorOperators.LSHR, 24).mul(word >> 24));
        right += bBytes;
      }
      FloatVector scaled = (FloatVector) whole.convertShape(VectorOperators.I2F, F32, 0);
      sum = scaled.fma(fromMemorySegment(F32, ALL, right, ORDER), sum);
      float total = Cells.getFloat(left + 4L * quads);
      sum = fromMemorySegment(F32, ALL, right + bBytes, ORDER).fma(Lanes.of(total), sum);
      left += 4L * (quads + 2);
      right += 2 * bBytes;
    }
    sum.intoMemorySegment(ALL, c, ORDER, there);
  }
}

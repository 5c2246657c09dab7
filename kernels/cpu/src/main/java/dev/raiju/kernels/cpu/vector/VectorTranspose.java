package dev.raiju.kernels.cpu.vector;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.raiju.kernels.cpu.scalar.ScalarPacking;
import dev.raiju.tensor.backend.HostMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The transpose of a matrix by blocks of eight times eight, which fit into registers.
///
/// Three rounds: neighbouring single elements change places across the diagonal of every block of two times two, then pairs,
/// then fours.
final class VectorTranspose {
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final MemorySegment ALL = HostMemory.ALL;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private static final VectorShuffle<Float> ONES = VectorShuffle.fromValues(EIGHT, 1, 0, 3, 2, 5, 4, 7, 6);
  private static final VectorShuffle<Float> TWOS = VectorShuffle.fromValues(EIGHT, 2, 3, 0, 1, 6, 7, 4, 5);
  private static final VectorShuffle<Float> FOURS = VectorShuffle.fromValues(EIGHT, 4, 5, 6, 7, 0, 1, 2, 3);
  private static final VectorMask<Float> ODD_ONES = VectorMask.fromLong(EIGHT, 0b10101010);
  private static final VectorMask<Float> ODD_TWOS = VectorMask.fromLong(EIGHT, 0b11001100);
  private static final VectorMask<Float> ODD_FOURS = VectorMask.fromLong(EIGHT, 0b11110000);

  private VectorTranspose() {}

  /// `y[j, i] = x[i, j]`.
  static void transpose(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    // narrower machines have no fast blend of eight
    if (Lanes.COUNT < 8) {
      ScalarPacking.transpose(x, xBytes, y, yBytes, rows, columns);
      return;
    }
    int wholeRows = rows & -8;
    int wholeColumns = columns & -8;
    for (int i = 0; i < wholeRows; i += 8) {
      eightRows(x + i * xBytes, xBytes, y + 4L * i, yBytes, wholeColumns);
    }
    if (wholeColumns < columns) {
      ScalarPacking.transpose(x + 4L * wholeColumns, xBytes, y + wholeColumns * yBytes, yBytes, wholeRows, columns
          - wholeColumns);
    }
    if (wholeRows < rows) {
      ScalarPacking.transpose(x + wholeRows * xBytes, xBytes, y + 4L * wholeRows, yBytes, rows - wholeRows, columns);
    }
  }

  private static void eightRows(long x, long xBytes, long y, long yBytes, int columns) {
    for (int j = 0; j < columns; j += 8) {
      long p = x + 4L * j;
      long q = y + j * yBytes;
      FloatVector a0 = fromMemorySegment(EIGHT, ALL, p, ORDER);
      FloatVector a1 = fromMemorySegment(EIGHT, ALL, p + xBytes, ORDER);
      FloatVector a2 = fromMemorySegment(EIGHT, ALL, p + 2 * xBytes, ORDER);
      FloatVector a3 = fromMemorySegment(EIGHT, ALL, p + 3 * xBytes, ORDER);
      FloatVector a4 = fromMemorySegment(EIGHT, ALL, p + 4 * xBytes, ORDER);
      FloatVector a5 = fromMemorySegment(EIGHT, ALL, p + 5 * xBytes, ORDER);
      FloatVector a6 = fromMemorySegment(EIGHT, ALL, p + 6 * xBytes, ORDER);
      FloatVector a7 = fromMemorySegment(EIGHT, ALL, p + 7 * xBytes, ORDER);
      FloatVector b0 = a0.blend(a1.rearrange(ONES), ODD_ONES);
      FloatVector b1 = a0.rearrange(ONES).blend(a1, ODD_ONES);
      FloatVector b2 = a2.blend(a3.rearrange(ONES), ODD_ONES);
      FloatVector b3 = a2.rearrange(ONES).blend(a3, ODD_ONES);
      FloatVector b4 = a4.blend(a5.rearrange(ONES), ODD_ONES);
      FloatVector b5 = a4.rearrange(ONES).blend(a5, ODD_ONES);
      FloatVector b6 = a6.blend(a7.rearrange(ONES), ODD_ONES);
      FloatVector b7 = a6.rearrange(ONES).blend(a7, ODD_ONES);
      FloatVector c0 = b0.blend(b2.rearrange(TWOS), ODD_TWOS);
      FloatVector c1 = b1.blend(b3.rearrange(TWOS), ODD_TWOS);
      FloatVector c2 = b0.rearrange(TWOS).blend(b2, ODD_TWOS);
      FloatVector c3 = b1.rearrange(TWOS).blend(b3, ODD_TWOS);
      FloatVector c4 = b4.blend(b6.rearrange(TWOS), ODD_TWOS);
      FloatVector c5 = b5.blend(b7.rearrange(TWOS), ODD_TWOS);
      FloatVector c6 = b4.rearrange(TWOS).blend(b6, ODD_TWOS);
      FloatVector c7 = b5.rearrange(TWOS).blend(b7, ODD_TWOS);
      FloatVector d0 = c0.blend(c4.rearrange(FOURS), ODD_FOURS);
      FloatVector d1 = c1.blend(c5.rearrange(FOURS), ODD_FOURS);
      FloatVector d2 = c2.blend(c6.rearrange(FOURS), ODD_FOURS);
      FloatVector d3 = c3.blend(c7.rearrange(FOURS), ODD_FOURS);
      FloatVector d4 = c0.rearrange(FOURS).blend(c4, ODD_FOURS);
      FloatVector d5 = c1.rearrange(FOURS).blend(c5, ODD_FOURS);
      FloatVector d6 = c2.rearrange(FOURS).blend(c6, ODD_FOURS);
      FloatVector d7 = c3.rearrange(FOURS).blend(c7, ODD_FOURS);
      d0.intoMemorySegment(ALL, q, ORDER);
      d1.intoMemorySegment(ALL, q + yBytes, ORDER);
      d2.intoMemorySegment(ALL, q + 2 * yBytes, ORDER);
      d3.intoMemorySegment(ALL, q + 3 * yBytes, ORDER);
      d4.intoMemorySegment(ALL, q + 4 * yBytes, ORDER);
      d5.intoMemorySegment(ALL, q + 5 * yBytes, ORDER);
      d6.intoMemorySegment(ALL, q + 6 * yBytes, ORDER);
      d7.intoMemorySegment(ALL, q + 7 * yBytes, ORDER);
    }
  }
}

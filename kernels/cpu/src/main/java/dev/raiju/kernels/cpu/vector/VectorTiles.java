package dev.raiju.kernels.cpu.vector;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.raiju.tensor.backend.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Tiles of a product: `c[r, j] = from[r, j] + Σₖ a[r, k] · b[k, j]`, with `a[r, k]` at `a + r · rowBytes + offsets[k]`.
///
/// The accumulators are variables, so that they live in registers: 8 rows of two vectors are 16 chains of multiply-adds, where
/// two units of latency 4 need 8. The vector calls stand here as they are, without methods of our own around them: in a method as
/// large as these the compiler stops inlining what is not forced, and one call left over turns every vector into an object. Twelve
/// rows would share more, but are too much for the first compiler, whose failure leaves the method slow for ever if the second
/// one was busy at the wrong moment.
final class VectorTiles {
  private static final VectorSpecies<Float> F32 = Lanes.F32;
  private static final long BYTES = Lanes.BYTES;
  private static final MemorySegment ALL = HostMemory.ALL;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfInt OFFSET = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);

  private VectorTiles() {}

  /// Two vectors of columns, eight rows.
  static void tile8x2(long a, long rowBytes, long offsets, long b, long bBytes, long from, long fromBytes, long c, long cBytes,
      int depth) {
    FloatVector c0a = fromMemorySegment(F32, ALL, from, ORDER);
    FloatVector c0b = fromMemorySegment(F32, ALL, from + BYTES, ORDER);
    FloatVector c1a = fromMemorySegment(F32, ALL, from + fromBytes, ORDER);
    FloatVector c1b = fromMemorySegment(F32, ALL, from + fromBytes + BYTES, ORDER);
    FloatVector c2a = fromMemorySegment(F32, ALL, from + 2 * fromBytes, ORDER);
    FloatVector c2b = fromMemorySegment(F32, ALL, from + 2 * fromBytes + BYTES, ORDER);
    FloatVector c3a = fromMemorySegment(F32, ALL, from + 3 * fromBytes, ORDER);
    FloatVector c3b = fromMemorySegment(F32, ALL, from + 3 * fromBytes + BYTES, ORDER);
    FloatVector c4a = fromMemorySegment(F32, ALL, from + 4 * fromBytes, ORDER);
    FloatVector c4b = fromMemorySegment(F32, ALL, from + 4 * fromBytes + BYTES, ORDER);
    FloatVector c5a = fromMemorySegment(F32, ALL, from + 5 * fromBytes, ORDER);
    FloatVector c5b = fromMemorySegment(F32, ALL, from + 5 * fromBytes + BYTES, ORDER);
    FloatVector c6a = fromMemorySegment(F32, ALL, from + 6 * fromBytes, ORDER);
    FloatVector c6b = fromMemorySegment(F32, ALL, from + 6 * fromBytes + BYTES, ORDER);
    FloatVector c7a = fromMemorySegment(F32, ALL, from + 7 * fromBytes, ORDER);
    FloatVector c7b = fromMemorySegment(F32, ALL, from + 7 * fromBytes + BYTES, ORDER);
    for (int k = 0; k < depth; k++) {
      long p = a + ALL.get(OFFSET, offsets + 4L * k);
      long q = b + k * bBytes;
      FloatVector left = fromMemorySegment(F32, ALL, q, ORDER);
      FloatVector right = fromMemorySegment(F32, ALL, q + BYTES, ORDER);
      FloatVector a0 = broadcast(F32, ALL.get(FLOAT, p));
      c0a = a0.fma(left, c0a);
      c0b = a0.fma(right, c0b);
      FloatVector a1 = broadcast(F32, ALL.get(FLOAT, p + rowBytes));
      c1a = a1.fma(left, c1a);
      c1b = a1.fma(right, c1b);
      FloatVector a2 = broadcast(F32, ALL.get(FLOAT, p + 2 * rowBytes));
      c2a = a2.fma(left, c2a);
      c2b = a2.fma(right, c2b);
      FloatVector a3 = broadcast(F32, ALL.get(FLOAT, p + 3 * rowBytes));
      c3a = a3.fma(left, c3a);
      c3b = a3.fma(right, c3b);
      FloatVector a4 = broadcast(F32, ALL.get(FLOAT, p + 4 * rowBytes));
      c4a = a4.fma(left, c4a);
      c4b = a4.fma(right, c4b);
      FloatVector a5 = broadcast(F32, ALL.get(FLOAT, p + 5 * rowBytes));
      c5a = a5.fma(left, c5a);
      c5b = a5.fma(right, c5b);
      FloatVector a6 = broadcast(F32, ALL.get(FLOAT, p + 6 * rowBytes));
      c6a = a6.fma(left, c6a);
      c6b = a6.fma(right, c6b);
      FloatVector a7 = broadcast(F32, ALL.get(FLOAT, p + 7 * rowBytes));
      c7a = a7.fma(left, c7a);
      c7b = a7.fma(right, c7b);
    }
    c0a.intoMemorySegment(ALL, c, ORDER);
    c0b.intoMemorySegment(ALL, c + BYTES, ORDER);
    c1a.intoMemorySegment(ALL, c + cBytes, ORDER);
    c1b.intoMemorySegment(ALL, c + cBytes + BYTES, ORDER);
    c2a.intoMemorySegment(ALL, c + 2 * cBytes, ORDER);
    c2b.intoMemorySegment(ALL, c + 2 * cBytes + BYTES, ORDER);
    c3a.intoMemorySegment(ALL, c + 3 * cBytes, ORDER);
    c3b.intoMemorySegment(ALL, c + 3 * cBytes + BYTES, ORDER);
    c4a.intoMemorySegment(ALL, c + 4 * cBytes, ORDER);
    c4b.intoMemorySegment(ALL, c + 4 * cBytes + BYTES, ORDER);
    c5a.intoMemorySegment(ALL, c + 5 * cBytes, ORDER);
    c5b.intoMemorySegment(ALL, c + 5 * cBytes + BYTES, ORDER);
    c6a.intoMemorySegment(ALL, c + 6 * cBytes, ORDER);
    c6b.intoMemorySegment(ALL, c + 6 * cBytes + BYTES, ORDER);
    c7a.intoMemorySegment(ALL, c + 7 * cBytes, ORDER);
    c7b.intoMemorySegment(ALL, c + 7 * cBytes + BYTES, ORDER);
  }

  /// Two vectors of columns, four rows.
  static void tile4x2(long a, long rowBytes, long offsets, long b, long bBytes, long from, long fromBytes, long c, long cBytes,
      int depth) {
    FloatVector c0a = fromMemorySegment(F32, ALL, from, ORDER);
    FloatVector c0b = fromMemorySegment(F32, ALL, from + BYTES, ORDER);
    FloatVector c1a = fromMemorySegment(F32, ALL, from + fromBytes, ORDER);
    FloatVector c1b = fromMemorySegment(F32, ALL, from + fromBytes + BYTES, ORDER);
    FloatVector c2a = fromMemorySegment(F32, ALL, from + 2 * fromBytes, ORDER);
    FloatVector c2b = fromMemorySegment(F32, ALL, from + 2 * fromBytes + BYTES, ORDER);
    FloatVector c3a = fromMemorySegment(F32, ALL, from + 3 * fromBytes, ORDER);
    FloatVector c3b = fromMemorySegment(F32, ALL, from + 3 * fromBytes + BYTES, ORDER);
    for (int k = 0; k < depth; k++) {
      long p = a + ALL.get(OFFSET, offsets + 4L * k);
      long q = b + k * bBytes;
      FloatVector left = fromMemorySegment(F32, ALL, q, ORDER);
      FloatVector right = fromMemorySegment(F32, ALL, q + BYTES, ORDER);
      FloatVector a0 = broadcast(F32, ALL.get(FLOAT, p));
      c0a = a0.fma(left, c0a);
      c0b = a0.fma(right, c0b);
      FloatVector a1 = broadcast(F32, ALL.get(FLOAT, p + rowBytes));
      c1a = a1.fma(left, c1a);
      c1b = a1.fma(right, c1b);
      FloatVector a2 = broadcast(F32, ALL.get(FLOAT, p + 2 * rowBytes));
      c2a = a2.fma(left, c2a);
      c2b = a2.fma(right, c2b);
      FloatVector a3 = broadcast(F32, ALL.get(FLOAT, p + 3 * rowBytes));
      c3a = a3.fma(left, c3a);
      c3b = a3.fma(right, c3b);
    }
    c0a.intoMemorySegment(ALL, c, ORDER);
    c0b.intoMemorySegment(ALL, c + BYTES, ORDER);
    c1a.intoMemorySegment(ALL, c + cBytes, ORDER);
    c1b.intoMemorySegment(ALL, c + cBytes + BYTES, ORDER);
    c2a.intoMemorySegment(ALL, c + 2 * cBytes, ORDER);
    c2b.intoMemorySegment(ALL, c + 2 * cBytes + BYTES, ORDER);
    c3a.intoMemorySegment(ALL, c + 3 * cBytes, ORDER);
    c3b.intoMemorySegment(ALL, c + 3 * cBytes + BYTES, ORDER);
  }

  /// One vector of columns, eight rows.
  static void tile8x1(long a, long rowBytes, long offsets, long b, long bBytes, long from, long fromBytes, long c, long cBytes,
      int depth) {
    FloatVector c0 = fromMemorySegment(F32, ALL, from, ORDER);
    FloatVector c1 = fromMemorySegment(F32, ALL, from + fromBytes, ORDER);
    FloatVector c2 = fromMemorySegment(F32, ALL, from + 2 * fromBytes, ORDER);
    FloatVector c3 = fromMemorySegment(F32, ALL, from + 3 * fromBytes, ORDER);
    FloatVector c4 = fromMemorySegment(F32, ALL, from + 4 * fromBytes, ORDER);
    FloatVector c5 = fromMemorySegment(F32, ALL, from + 5 * fromBytes, ORDER);
    FloatVector c6 = fromMemorySegment(F32, ALL, from + 6 * fromBytes, ORDER);
    FloatVector c7 = fromMemorySegment(F32, ALL, from + 7 * fromBytes, ORDER);
    for (int k = 0; k < depth; k++) {
      long p = a + ALL.get(OFFSET, offsets + 4L * k);
      long q = b + k * bBytes;
      FloatVector row = fromMemorySegment(F32, ALL, q, ORDER);
      FloatVector a0 = broadcast(F32, ALL.get(FLOAT, p));
      c0 = a0.fma(row, c0);
      FloatVector a1 = broadcast(F32, ALL.get(FLOAT, p + rowBytes));
      c1 = a1.fma(row, c1);
      FloatVector a2 = broadcast(F32, ALL.get(FLOAT, p + 2 * rowBytes));
      c2 = a2.fma(row, c2);
      FloatVector a3 = broadcast(F32, ALL.get(FLOAT, p + 3 * rowBytes));
      c3 = a3.fma(row, c3);
      FloatVector a4 = broadcast(F32, ALL.get(FLOAT, p + 4 * rowBytes));
      c4 = a4.fma(row, c4);
      FloatVector a5 = broadcast(F32, ALL.get(FLOAT, p + 5 * rowBytes));
      c5 = a5.fma(row, c5);
      FloatVector a6 = broadcast(F32, ALL.get(FLOAT, p + 6 * rowBytes));
      c6 = a6.fma(row, c6);
      FloatVector a7 = broadcast(F32, ALL.get(FLOAT, p + 7 * rowBytes));
      c7 = a7.fma(row, c7);
    }
    c0.intoMemorySegment(ALL, c, ORDER);
    c1.intoMemorySegment(ALL, c + cBytes, ORDER);
    c2.intoMemorySegment(ALL, c + 2 * cBytes, ORDER);
    c3.intoMemorySegment(ALL, c + 3 * cBytes, ORDER);
    c4.intoMemorySegment(ALL, c + 4 * cBytes, ORDER);
    c5.intoMemorySegment(ALL, c + 5 * cBytes, ORDER);
    c6.intoMemorySegment(ALL, c + 6 * cBytes, ORDER);
    c7.intoMemorySegment(ALL, c + 7 * cBytes, ORDER);
  }
}

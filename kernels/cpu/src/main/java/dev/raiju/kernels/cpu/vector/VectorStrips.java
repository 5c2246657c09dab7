package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.BYTES;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import jdk.incubator.vector.FloatVector;

/// What is done to a row of a strip before it leaves the cache, whole vectors of it.
final class VectorStrips {
  private VectorStrips() {}

  static void addBias(long bias, long c, int columns) {
    for (long j = 0; j < 4L * columns; j += BYTES) {
      FloatVector sum = fromMemorySegment(F32, ALL, c + j, ORDER).add(fromMemorySegment(F32, ALL, bias + j, ORDER));
      sum.intoMemorySegment(ALL, c + j, ORDER);
    }
  }

  static void scale(float factor, long c, int columns) {
    FloatVector f = Lanes.of(factor);
    for (long j = 0; j < 4L * columns; j += BYTES)
      fromMemorySegment(F32, ALL, c + j, ORDER).mul(f).intoMemorySegment(ALL, c + j, ORDER);
  }

  static void gelu(long c, int columns) {
    for (long j = 0; j < 4L * columns; j += BYTES) {
      VectorMath.geluTanh(fromMemorySegment(F32, ALL, c + j, ORDER)).intoMemorySegment(ALL, c + j, ORDER);
    }
  }

  static void gate(long gate, long c, int columns) {
    for (long j = 0; j < 4L * columns; j += BYTES) {
      FloatVector open = VectorMath.geluTanh(fromMemorySegment(F32, ALL, gate + j, ORDER));
      fromMemorySegment(F32, ALL, c + j, ORDER).mul(open).intoMemorySegment(ALL, c + j, ORDER);
    }
  }
}

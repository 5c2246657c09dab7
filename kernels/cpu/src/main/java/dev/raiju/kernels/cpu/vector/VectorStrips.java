package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.scalar.ScalarStrips.GELU_CUBE;
import static dev.raiju.kernels.cpu.scalar.ScalarStrips.GELU_SCALE;
import static dev.raiju.kernels.cpu.vector.Lanes.load;
import static dev.raiju.kernels.cpu.vector.Lanes.store;

import dev.raiju.kernels.cpu.scalar.ScalarStrips;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// What is done to a row of a strip before it leaves the cache.
final class VectorStrips {
  private VectorStrips() {}

  static void addBias(long bias, long c, int columns) {
    int whole = Lanes.F32.loopBound(columns);
    for (int j = 0; j < whole; j += Lanes.COUNT) store(load(c + 4L * j).add(load(bias + 4L * j)), c + 4L * j);
    ScalarStrips.addBias(bias + 4L * whole, c + 4L * whole, columns - whole);
  }

  static void gelu(long c, int columns) {
    int whole = Lanes.F32.loopBound(columns);
    for (int j = 0; j < whole; j += Lanes.COUNT) store(gelu(load(c + 4L * j)), c + 4L * j);
    ScalarStrips.gelu(c + 4L * whole, columns - whole);
  }

  static void gate(long gate, long c, int columns) {
    int whole = Lanes.F32.loopBound(columns);
    for (int j = 0; j < whole; j += Lanes.COUNT) store(load(c + 4L * j).mul(gelu(load(gate + 4L * j))), c + 4L * j);
    ScalarStrips.gate(gate + 4L * whole, c + 4L * whole, columns - whole);
  }

  private static FloatVector gelu(FloatVector x) {
    FloatVector inner = x.mul(x).mul(x).lanewise(VectorOperators.FMA, x.broadcast(GELU_CUBE), x).mul(GELU_SCALE);
    return x.mul(0.5f).mul(VectorMath.tanh(inner).add(1f));
  }
}

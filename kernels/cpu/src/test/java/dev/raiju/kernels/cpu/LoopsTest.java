package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.kernels.cpu.loops.Activation;
import dev.raiju.kernels.cpu.loops.AdamWStep;
import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.scalar.ScalarLoops;
import dev.raiju.kernels.cpu.vector.VectorLoops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Philox;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every loop of the two providers gives the same bits, for all lengths around the lane counts, at addresses of any alignment.
final class LoopsTest {
  private static final int MOST = 135;
  private static final int BLOCK = 1 << 12;
  private static final HostBuffer MEMORY = HostMemory.allocate(8 * BLOCK);

  private static final float[] SPECIAL = {0f, -0f, 1f, -1f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
    Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f,
    65504f, 65519.9f, 65520f, 65536f, 0x1p-14f, 0x1.ffcp-15f, 0x1p-24f, 0x1p-25f, 0x1.8p-25f, 0x1.01p0f, 0x1.03p0f,
    0x1.fffffep127f, 8388607.5f, 16777216f, 88.72f, 88.73f, -87.34f, -103.97f, -104.1f, 9.01f, 5e-5f};

  /// One use of a loop: three blocks to read, one to write (which may hold more results), how many elements.
  @FunctionalInterface
  private interface Case {
    void run(Loops loops, long a, long b, long c, long y, int n);
  }

  private static Map<String, Case> cases() {
    Map<String, Case> cases = new LinkedHashMap<>();
    for (UnaryFunction f : UnaryFunction.values()) cases.put(f.name(), (l, a, _, _, y, n) -> l.unary(f, a, y, n));
    for (Activation f : Activation.values()) cases.put(f.name(), (l, a, _, _, y, n) -> l.activation(f, a, y, n));
    for (BinaryFunction f : BinaryFunction.values()) {
      boolean isOfBools = f == BinaryFunction.AND || f == BinaryFunction.OR;
      cases.put(f.name(), (l, a, b, _, y, n) -> {
        if (isOfBools) {
          l.binary(BinaryFunction.LESS, a, b, y + BLOCK, n);
          l.binary(BinaryFunction.EQUAL, a, b, y, n);
          l.binary(f, y + BLOCK, y, y, n);
        } else {
          l.binary(f, a, b, y, n);
        }
      });
    }
    cases.put("geluGradient", (l, a, b, _, y, n) -> l.geluGradient(a, b, y, n));
    cases.put("geluAndGradient", (l, a, b, _, y, n) -> l.geluAndGradient(a, b, y + BLOCK, y, n));
    cases.put("multiplyAdd", (l, a, b, c, y, n) -> l.multiplyAdd(a, b, c, y, n));
    cases.put("subtractProduct", (l, a, b, c, y, n) -> l.subtractProduct(a, b, c, y, n));
    cases.put("select", (l, a, b, c, y, n) -> l.select(a, b, c, y, n));
    cases.put("fill", (l, _, _, _, y, n) -> l.fill(0.3f, y, n));
    cases.put("affine", (l, a, _, _, y, n) -> l.affine(a, 0.1f, 1.7f, -0.2f, y, n));
    cases.put("mix", (l, a, b, _, y, n) -> l.mix(0.99f, a, 0.01f, b, y, n));
    cases.put("sum", (l, a, _, _, y, n) -> Cells.setFloat(y, l.sum(a, n)));
    cases.put("squares", (l, a, _, _, y, n) -> Cells.setFloat(y, l.squares(a, 0.3f, n)));
    cases.put("dot", (l, a, b, _, y, n) -> Cells.setFloat(y, l.dot(a, b, 0.3f, n)));
    cases.put("max", (l, a, _, _, y, n) -> Cells.setFloat(y, l.max(a, n)));
    cases.put("min", (l, a, _, _, y, n) -> Cells.setFloat(y, l.min(a, n)));
    cases.put("exp of a row", (l, a, _, _, y, n) -> Cells.setFloat(y + BLOCK, l.exp(a, 0.3f, y, n)));
    cases.put("normalize", (l, a, b, _, y, n) -> l.normalize(a, 0.3f, 1.2f, b, y, n));
    cases.put("normalize with bias", (l, a, b, c, y, n) -> l.normalize(a, 0.3f, 1.2f, b, c, y, n));
    cases.put("normalizeBackward", (l, a, b, _, y, n) -> l.normalizeBackward(a, 0.3f, 1.2f, b, 0.1f, 0.2f, y, n));
    cases.put("rotate", (l, a, b, c, y, n) -> l.rotate(a, b, c, y, n & -2));
    cases.put("adamw", (l, a, b, c, y, n) -> {
      l.unary(UnaryFunction.ABS, c, y, n);
      Cells.copy(a, y + BLOCK, 4L * n);
      Cells.copy(b, y + 2 * BLOCK, 4L * n);
      l.adamw(new AdamWStep(0.9f, 0.1f, 0.99f, 0.01f, 1e-8f, 1e-3f, 1e-2f, 1.1f, 0.5f), y + BLOCK, y + 2 * BLOCK, y, a, n);
    });
    for (DType type : new DType[] {DType.F16, DType.BF16, DType.BOOL})
      cases.put("to " + type, (l, a, _, _, y, n) -> l.narrow(type, a, y, n));
    for (DType type : new DType[] {DType.F16, DType.BF16, DType.BOOL, DType.I8, DType.U8})
      cases.put("from " + type, (l, a, _, _, y, n) -> l.widen(type, a, y, n));
    cases.put("philox", (l, _, _, _, y, n) -> l.philox(-77, 1L << 40, (1L << 32) - 5, y + 2 * BLOCK, y, n / 4));
    cases.put("normal", (l, a, _, _, y, n) -> l.normal(a, y + 2 * BLOCK, y, n));
    cases.put("uniform", (l, a, _, _, y, n) -> l.uniform(a, y, n));
    return cases;
  }

  @TestFactory
  Stream<DynamicTest> bothProvidersGiveTheSameBits() {
    return cases().entrySet().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
      // long blocks at the end, often enough for the compiler to take over
      for (int n = 0; n < MOST; n++) assertSameBits(entry.getValue(), n, 4L * (n % 3));
      for (int i = 0; i < 60; i++) assertSameBits(entry.getValue(), 1000 + i % 5, 0);
    }));
  }

  private static void assertSameBits(Case c, int n, long shift) {
    int[] scalar = bits(c, new ScalarLoops(), n, shift);
    int[] vector = bits(c, new VectorLoops(), n, shift);
    for (int i = 0; i < scalar.length; i++) {
      boolean areNan = Float.isNaN(Float.intBitsToFloat(scalar[i])) && Float.isNaN(Float.intBitsToFloat(vector[i]));
      if (!areNan) assertEquals(scalar[i], vector[i], "n = " + n + ", word " + i);
    }
  }

  /// What a loop leaves in the blocks that it may write.
  private static int[] bits(Case c, Loops loops, int n, long shift) {
    long base = MEMORY.address() + shift;
    Random random = new Random(n);
    for (int block = 0; block < 3; block++) {
      for (int i = 0; i < n + 16; i++) {
        float value = random.nextInt(3) == 0 ? SPECIAL[random.nextInt(SPECIAL.length)] : (float) random.nextGaussian();
        Cells.setFloat(base + block * BLOCK + 4L * i, i < 8 && n > 900 ? SPECIAL[random.nextInt(SPECIAL.length)] : value);
      }
    }
    Cells.clear(base + 3 * BLOCK, 4 * BLOCK);
    c.run(loops, base, base + BLOCK, base + 2 * BLOCK, base + 3 * BLOCK, n);
    // the blocks behind are spare room, which the providers use differently
    int[] bits = new int[2 * BLOCK / 4];
    for (int i = 0; i < bits.length; i++) bits[i] = Cells.getInt(base + 3 * BLOCK + 4L * i);
    return bits;
  }

  @Test
  void normalNumbersAreThoseOfPhilox() {
    long base = MEMORY.address();
    Loops loops = new VectorLoops();
    loops.philox(5, 6, 7, base + BLOCK, base, 256);
    loops.normal(base, base + 2 * BLOCK, base + BLOCK, 1024);
    for (int i = 0; i < 1024; i++) {
      assertEquals(Philox.bits(5, 6, 28 + i), Cells.getInt(base + 4L * i));
      assertEquals(Philox.normal(Philox.bits(5, 6, 28 + i)), Cells.getFloat(base + BLOCK + 4L * i));
    }
  }

  @Test
  void narrowTypesAreThoseOfTheEngineForAllCodes() {
    HostBuffer codes = HostMemory.allocate(1 << 17);
    HostBuffer floats = HostMemory.allocate(1 << 18);
    for (int i = 0; i < 1 << 16; i++) Cells.setShort(codes.address() + 2L * i, (short) i);
    for (DType type : new DType[] {DType.F16, DType.BF16}) {
      new VectorLoops().widen(type, codes.address(), floats.address(), 1 << 16);
      for (int i = 0; i < 1 << 16; i++) {
        float want = type == DType.F16 ? Float.float16ToFloat((short) i) : Narrow.fromBf16((short) i);
        assertEquals(want, Cells.getFloat(floats.address() + 4L * i));
      }
    }
    codes.release();
    floats.release();
  }

  @Test
  void roundsToF16AsTheEngineDoes() {
    int n = 1 << 14;
    HostBuffer floats = HostMemory.allocate(4L * n);
    HostBuffer codes = HostMemory.allocate(2L * n);
    // every exponent, fractions on and around the half way between two codes
    for (int i = 0; i < n; i++) Cells.setInt(floats.address() + 4L * i, i * 0x40000 + (i % 5 - 2) + (i % 3 == 0 ? 0x1000 : 0));
    new VectorLoops().narrow(DType.F16, floats.address(), codes.address(), n);
    for (int i = 0; i < n; i++) {
      float value = Cells.getFloat(floats.address() + 4L * i);
      short got = Cells.getShort(codes.address() + 2L * i);
      if (Float.isNaN(value)) assertEquals(true, Float.isNaN(Float.float16ToFloat(got)));
      else
        assertEquals(Float.floatToFloat16(value), got, () -> "of " + value);
    }
    floats.release();
    codes.release();
  }
}

package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Devices, random tensors and comparisons that the tests of kernels share.
final class Fixtures {
  static final Device VECTOR = Device.of(new CpuBackend(3, Provider.vector()));
  static final Device SCALAR = Device.of(new CpuBackend(2, Provider.scalar()));
  static final List<Device> BOTH = List.of(VECTOR, SCALAR);

  private Fixtures() {}

  static float[] random(long seed, int n) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) values[i] = (float) random.nextGaussian();
    return values;
  }

  static Tensor tensor(Device device, float[] values, long... sizes) {
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(values), device);
  }

  static Tensor random(Device device, long seed, long... sizes) {
    return tensor(device, random(seed, Math.toIntExact(Shape.of(sizes).elements())), sizes);
  }

  /// The same blocks with codes, scales and biases apart.
  static Tensor planes(Tensor blocks) {
    DType type = blocks.dtype();
    int scaleBytes = type.scaleType().unitBytes();
    int codeBytes = type.unitBytes() - 2 * scaleBytes;
    byte[] whole = blocks.toBytes();
    int count = whole.length / type.unitBytes();
    byte[] codes = new byte[count * codeBytes];
    byte[] scales = new byte[count * scaleBytes];
    byte[] biases = new byte[count * scaleBytes];
    for (int i = 0; i < count; i++) {
      int at = i * type.unitBytes();
      System.arraycopy(whole, at, scales, i * scaleBytes, scaleBytes);
      System.arraycopy(whole, at + scaleBytes, biases, i * scaleBytes, scaleBytes);
      System.arraycopy(whole, at + 2 * scaleBytes, codes, i * codeBytes, codeBytes);
    }
    Shape groups = blocks.shape().with(-1, blocks.size(-1) / type.unit());
    Spec words = new Spec(DType.U32, blocks.shape().with(-1, blocks.size(-1) * type.codeBits() / 32));
    Spec numbers = new Spec(type.scaleType(), groups);
    return Tensor.over(BlockPlanes.of(type, Tensor.of(words, MemorySegment.ofArray(codes), blocks.device()), Tensor.of(numbers,
        MemorySegment.ofArray(scales), blocks.device()), Tensor.of(numbers, MemorySegment.ofArray(biases), blocks.device())),
        blocks.device());
  }

  /// A tensor of the same values whose axes lie in memory in the given order.
  static Tensor reordered(Tensor t, int... order) {
    int[] back = new int[order.length];
    for (int i = 0; i < order.length; i++) back[order[i]] = i;
    return t.permute(order).copy().permute(back);
  }

  /// Compares with a tolerance relative to the largest wanted magnitude.
  static void assertClose(double[] want, double[] got, double tolerance) {
    assertWithin(want, got, tolerance * Math.max(1e-3, largest(want)));
  }

  static void assertWithin(double[] want, double[] got, double distance) {
    assertEquals(want.length, got.length);
    for (int i = 0; i < want.length; i++) {
      boolean same = Double.compare(want[i], got[i]) == 0 || Math.abs(want[i] - got[i]) <= distance;
      if (!same) fail("element " + i + ": want " + want[i] + ", got " + got[i]);
    }
  }

  /// The largest finite magnitude.
  static double largest(double[] values) { return Arrays.stream(values).filter(Double::isFinite).map(Math::abs).max().orElse(0); }

  static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) wide[i] = values[i];
    return wide;
  }
}

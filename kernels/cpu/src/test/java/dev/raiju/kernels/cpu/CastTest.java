package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every plain type to every other, from random bytes: all kinds of values, the special ones included.
final class CastTest {
  static List<DType> types() { return Arrays.stream(DType.values()).filter(type -> !type.isBlock()).toList(); }

  private static final double[] SPECIAL = {0, -0.0, 1, -1, 0.5, -0.5, 2.5, 127, 128, -128, -129, 255, 256, 32768, 65504, 65520,
    1e5,
    0x1p31, -0x1p31, 0x1p32, 0x1p53 + 2, 1e18, -1e19, 1e19, 2e19, 1e38, 1e39, 1e-40, 1e-46, Double.NaN, Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY};

  @ParameterizedTest
  @MethodSource("types")
  void matchesTheReference(DType from) {
    byte[] bytes = new byte[8 * 203];
    new Random(5).nextBytes(bytes);
    long count = bytes.length / from.unitBytes();
    try (Scope scope = Scope.open()) {
      List<Tensor> inputs = new ArrayList<>();
      inputs.add(Tensor.of(Spec.of(from, count), MemorySegment.ofArray(bytes), Device.reference()));
      inputs.add(Tensor.of(SPECIAL, SPECIAL.length).to(from));
      for (Tensor in : inputs) {
        for (DType to : types()) {
          if (to == from) continue;
          double[] want = in.to(to).toDoubles();
          for (Device device : Fixtures.BOTH) assertArrayEquals(want, in.to(device).to(to).toDoubles(), from + " to " + to);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void readsThroughAnyLayout(DType from) {
    try (Scope scope = Scope.open()) {
      Tensor in = Tensor.iota(DType.I64, 40 * 36, Device.reference()).to(from).reshape(40, 36);
      for (DType to : List.of(DType.F32, DType.BF16, DType.I32)) {
        if (to == from) continue;
        double[] want = in.transpose().slice(0, 3, 15, 2).to(to).toDoubles();
        assertArrayEquals(want, in.to(Fixtures.VECTOR).transpose().slice(0, 3, 15, 2).to(to).toDoubles());
      }
    }
  }
}

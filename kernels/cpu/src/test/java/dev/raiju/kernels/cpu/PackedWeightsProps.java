package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.assertSame;
import static dev.raiju.kernels.cpu.TestTensors.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.Linear;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Weights that lie as in a GGUF file, at any address, read by every operation that takes them.
final class PackedWeightsProps {
  private static final List<Device> ALL = Stream.concat(TestDevices.ALL.stream(), Stream.of(Device.reference())).toList();

  static List<DType> types() { return Stream.of(DType.values()).filter(DType::isPacked).toList(); }

  @Provide
  Arbitrary<DType> packed() { return Arbitraries.of(types()); }

  /// Blocks and what they hold, each value rounded once to f32; a zero has no sign.
  private record Blocks(DType type, byte[] bytes, double[] values) {
    static Blocks of(DType type, long seed, int count) {
      byte[] bytes = NaiveBlocks.random(type, seed, count);
      double[] values = Arrays.stream(NaiveBlocks.values(type, bytes)).map(value -> (float) value + 0f).toArray();
      return new Blocks(type, bytes, values);
    }

    /// Behind so many bytes of something else, as in a file.
    Tensor at(int begin, Device device, long... sizes) {
      HostBuffer memory = HostMemory.allocate(begin + bytes.length);
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory.segment(), begin, bytes.length);
      return Tensor.over(Spec.of(type, sizes), HostBuffer.over(memory.segment().asSlice(begin, bytes.length), memory::release),
          device);
    }
  }

  private static double[] unsigned(Tensor t) { return Arrays.stream(values(t)).map(value -> value + 0.0).toArray(); }

  @ParameterizedTest
  @MethodSource("types")
  void everyValueIsThatOfTheFormatRoundedOnce(DType type) {
    Blocks blocks = Blocks.of(type, 1, 60);
    for (Device device : ALL) {
      try (Scope scope = Scope.open()) {
        Tensor weight = blocks.at(3, device, 5, 4, 3L * type.unit());
        assertSame(blocks.values(), unsigned(Dequantize.dequantize(weight, DType.F32)), device + " " + type);
        double[] last = Arrays.copyOfRange(blocks.values(), 42 * type.unit(), 48 * type.unit());
        Tensor view = weight.select(0, 3).slice(0, 2, 2);
        assertSame(last, unsigned(Dequantize.dequantize(view, DType.F32)), device + " view of " + type);
        assertArrayEquals(Arrays.copyOfRange(blocks.bytes(), 42 * type.unitBytes(), 48 * type.unitBytes()), view.copy()
            .toBytes());
      }
    }
  }

  @Property(tries = 60)
  void rowsOfATableAreTheirValues(@ForAll("packed") DType type, @ForAll @IntRange(min = 1, max = 9) int rows,
      @ForAll @IntRange(min = 1, max = 3) int groups, @ForAll @IntRange(min = 0, max = 63) int begin, @ForAll long seed) {
    Blocks blocks = Blocks.of(type, seed, rows * groups);
    int width = groups * type.unit();
    int[] ids = {rows - 1, 0, rows / 2, rows - 1};
    for (Device device : ALL) {
      try (Scope scope = Scope.open()) {
        Tensor table = blocks.at(begin, device, rows, width);
        double[] got = unsigned(Gather.embedding(table, Tensor.of(ids, 2, 2).to(device)));
        for (int i = 0; i < 4; i++) {
          assertSame(Arrays.copyOfRange(blocks.values(), ids[i] * width, (ids[i] + 1) * width), Arrays.copyOfRange(got, i * width,
              (i + 1) * width), device + " " + type);
        }
      }
    }
  }

  @Property(tries = 80)
  void productsAreThoseOfTheValues(@ForAll("packed") DType type, @ForAll @IntRange(min = 1, max = 37) int rows,
      @ForAll @IntRange(min = 1, max = 70) int outputs, @ForAll @IntRange(min = 1, max = 4) int groups, @ForAll boolean narrow,
      @ForAll @IntRange(min = 0, max = 63) int begin, @ForAll long seed) {
    checkLinear(type, rows, outputs, groups, narrow ? DType.BF16 : DType.F32, begin, seed);
  }

  /// Depths beyond a block of the product's own, which cuts through blocks of 256.
  @ParameterizedTest
  @MethodSource("types")
  void deepProductsAreThoseOfTheValues(DType type) {
    checkLinear(type, 3, 35, 1792 / type.unit(), DType.F32, 2, 1);
    checkLinear(type, 250, 35, 1280 / type.unit(), DType.BF16, 2, 2);
  }

  private static void checkLinear(DType type, int rows, int outputs, int groups, DType compute, int begin, long seed) {
    int inputs = groups * type.unit();
    Blocks blocks = Blocks.of(type, seed, outputs * groups);
    double[] x = TestTensors.random(DType.F32, seed + 1, rows, inputs);
    double[] wanted = new double[rows * outputs];
    double[] sizes = new double[rows * outputs];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < outputs; j++) {
        float sum = 0;
        double size = 0;
        for (int k = 0; k < inputs; k++) {
          float a = (float) MatMulProps.rounded(compute, (float) x[i * inputs + k]);
          float b = (float) MatMulProps.rounded(compute, (float) blocks.values()[j * inputs + k]);
          sum = Math.fma(a, b, sum);
          size += Math.abs((double) a * b);
        }
        wanted[i * outputs + j] = sum;
        sizes[i * outputs + j] = size;
      }
    }
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor weight = blocks.at(begin, device, outputs, inputs);
        Tensor input = TestTensors.of(device, DType.F32, x, rows, inputs);
        double[] all = values(Trace.apply(new Linear(compute), input, weight));
        double[] one = values(Trace.apply(new Linear(compute), input.slice(0, 0, 1), weight.slice(0, outputs - 1, 1)));
        if (compute == DType.F32) {
          assertSame(wanted, all, device + " " + type);
          assertEquals(wanted[outputs - 1], one[0], device + " " + type);
        } else {
          // products of pairs are summed in another order
          for (int i = 0; i < all.length; i++) assertEquals(wanted[i], all[i], 1e-5 * sizes[i], device + " " + type);
          assertEquals(wanted[outputs - 1], one[0], 1e-5 * sizes[outputs - 1], device + " " + type);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void feedForwardReadsThemToo(DType type) {
    int width = 256;
    int hidden = 512;
    Blocks first = Blocks.of(type, 1, hidden * width / type.unit());
    Blocks gate = Blocks.of(type, 2, hidden * width / type.unit());
    Blocks second = Blocks.of(type, 3, hidden * width / type.unit());
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor x = TestTensors.of(device, DType.F32, TestTensors.random(DType.F32, 4, 3, width), 3, width);
        Tensor w = first.at(1, device, hidden, width);
        Tensor g = gate.at(2, device, hidden, width);
        Tensor back = second.at(3, device, width, hidden);
        double[] wanted = values(FeedForward.gatedFeedForward(x, plain(w), plain(g), plain(back)));
        assertSame(wanted, values(FeedForward.gatedFeedForward(x, w, g, back)), device + " " + type);
      }
    }
  }

  private static Tensor plain(Tensor packed) { return Dequantize.dequantize(packed, DType.F32); }
}

package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Gather;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Quantised weights as MLX packs them: codes, scales, biases and values.
final class BlockTypesTest {
  private static final Golden GOLDEN = Golden.open("int4_affine");
  private static final List<Device> ALL = Stream.concat(Fixtures.BOTH.stream(), Stream.of(Device.reference())).toList();

  @ParameterizedTest
  @CsvSource({"b4g64, q4_g64", "b4g32, q4_g32", "b8g64, q8_g64", "b4g64bf16, q4_g64_bf16"})
  void matchesMlx(String name, String label) {
    DType type = DType.parse(label);
    double[] scales = GOLDEN.doubles(name + ".scales");
    double[] biases = GOLDEN.doubles(name + ".biases");
    for (Device device : ALL) {
      try (Scope scope = Scope.open()) {
        byte[] codes = GOLDEN.tensor(name + ".packed_u32_as_i32", device).toBytes();
        Tensor packed = Quantize.quantize(GOLDEN.tensor(name + ".w", device), type);
        ByteBuffer bytes = ByteBuffer.wrap(packed.toBytes()).order(ByteOrder.LITTLE_ENDIAN);
        int codeBytes = type.unit() * type.codeBits() / 8;
        int width = type.scaleType().unitBytes();
        for (int block = 0; block < scales.length; block++) {
          int at = block * type.unitBytes();
          assertEquals(scales[block], scale(type, bytes, at), name + " scale " + block);
          assertEquals(biases[block], scale(type, bytes, at + width), name + " bias " + block);
          byte[] got = Arrays.copyOfRange(bytes.array(), at + 2 * width, at + type.unitBytes());
          assertArrayEquals(Arrays.copyOfRange(codes, block * codeBytes, (block + 1) * codeBytes), got);
        }
        Tensor values = Dequantize.dequantize(packed, type.scaleType());
        Fixtures.assertClose(GOLDEN.doubles(name + ".dequant"), values.toDoubles(), type.scaleType() == DType.F32 ? 1e-6 : 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"b4g64, q4_g64", "b4g32, q4_g32", "b8g64, q8_g64", "b4g64bf16, q4_g64_bf16"})
  void whatMlxStoresIsComputedWithAsItLies(String name, String label) {
    DType type = DType.parse(label);
    for (Device device : ALL) {
      try (Scope scope = Scope.open()) {
        Tensor codes = GOLDEN.tensor(name + ".packed_u32_as_i32", device);
        Tensor words = Tensor.of(codes.spec().with(DType.U32), MemorySegment.ofArray(codes.toBytes()), device);
        BlockPlanes planes = BlockPlanes.of(type, words, GOLDEN.tensor(name + ".scales", device), GOLDEN.tensor(name + ".biases",
            device));
        Tensor weight = Tensor.over(planes, device);
        boolean wide = type.scaleType() == DType.F32;
        Fixtures.assertClose(GOLDEN.doubles(name + ".dequant"), Dequantize.dequantize(weight, type.scaleType()).toDoubles(), wide
            ? 1e-6
            : 0);
        // MLX rounds the values of a bf16 weight to bf16 before it multiplies; the codes' own are nearer to what was meant
        if (wide) {
          Tensor y = Linear.linear(GOLDEN.tensor(name + ".x", device), weight);
          Fixtures.assertClose(GOLDEN.doubles(name + ".y_x_wT"), y.toDoubles(), 2e-5);
        }
        // copied, they are what our own quantisation makes
        assertArrayEquals(Quantize.quantize(GOLDEN.tensor(name + ".w", device), type).toBytes(), weight.copy().toBytes());
        assertArrayEquals(weight.copy().toBytes(), weight.toBytes());
        assertThrows(IllegalStateException.class, weight::address);
      }
    }
  }

  @Test
  void viewsOfPlanesAreThoseOfBlocks() {
    for (DType type : List.of(DType.Q4_G64_BF16, DType.Q8_G32)) {
      for (Device device : ALL) {
        try (Scope scope = Scope.open()) {
          Tensor blocks = Quantize.quantize(Fixtures.random(device, 7, 3, 4, 128), type);
          Tensor planes = Fixtures.planes(blocks);
          assertArrayEquals(blocks.permute(1, 0, 2).toBytes(), planes.permute(1, 0, 2).toBytes());
          assertArrayEquals(blocks.slice(0, 1, 2).slice(1, 0, 2, 2).toBytes(), planes.slice(0, 1, 2).slice(1, 0, 2, 2).toBytes());
          Tensor rows = Tensor.of(new int[] {3, 0, 3}, 3).to(device);
          assertArrayEquals(Gather.embedding(blocks.select(0, 1), rows).toDoubles(), Gather.embedding(planes.select(0, 1), rows)
              .toDoubles());
          assertArrayEquals(blocks.toBytes(), planes.to(Device.reference()).toBytes());
        }
      }
    }
  }

  private static double scale(DType type, ByteBuffer bytes, int at) {
    return type.scaleType() == DType.F32 ? bytes.getFloat(at) : Float.intBitsToFloat(bytes.getShort(at) << 16);
  }

  @Test
  void everyBlockTypeIsThatOfTheReference() {
    for (DType type : DType.values()) {
      if (!type.isBlock() || type.isPacked()) continue;
      try (Scope scope = Scope.open()) {
        Tensor x = Fixtures.random(Device.reference(), 7, 5, 192);
        Tensor want = Quantize.quantize(x, type);
        double[] values = Dequantize.dequantize(want, DType.F32).toDoubles();
        for (Device device : Fixtures.BOTH) {
          Tensor got = Quantize.quantize(x.to(device), type);
          assertArrayEquals(want.toBytes(), got.toBytes());
          assertArrayEquals(values, Dequantize.dequantize(got, DType.F32).toDoubles());
          Tensor rows = Gather.embedding(got, Tensor.of(new int[] {4, 0, 4}, 3).to(device));
          assertArrayEquals(Arrays.copyOfRange(values, 4 * 192, 5 * 192), rows.select(0, 2).toDoubles());
          assertArrayEquals(Arrays.copyOfRange(values, 2 * 192, 4 * 192), Dequantize.dequantize(got.slice(0, 2, 2), DType.F32)
              .toDoubles());
        }
      }
    }
  }
}

package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.op.Dequantize;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class GgufTest {
  @TempDir
  Path directory;

  private Path quants;

  @BeforeEach
  void copyFixture() throws Exception { quants = Fixtures.copy("quants.gguf", directory); }

  private static float[] values(Tensor t) {
    return (t.dtype().isBlock() ? Dequantize.dequantize(t, DType.F32) : t).toFloats();
  }

  @Test
  void everyTypeHasTheValuesThatItsReferenceGives() throws Exception {
    try (Scope _ = Scope.open();
        TensorFile file = TensorFile.open(quants);
        TensorFile expected = TensorFile.open(Fixtures.copy("quants_expected.safetensors", directory))) {
      assertInstanceOf(Gguf.class, file);
      assertEquals(13, file.entries().size());
      for (String name : file.entries().keySet()) {
        Spec spec = file.spec(name);
        assertEquals(name, "w." + spec.dtype().label());
        assertEquals(expected.spec(name).shape(), spec.shape());
        float[] want = expected.tensor(name, Device.reference()).toFloats();
        float[] got = values(file.tensor(name, Device.reference()));
        for (int i = 0; i < want.length; i++) {
          assertEquals(want[i], got[i], spec.dtype().isPacked() ? 2e-7 * Math.abs(want[i]) : 0, name + " " + i);
        }
      }
    }
  }

  @Test
  void nothingIsCopied() throws Exception {
    Planning plan = Planning.of(Device.reference());
    try (Scope _ = Scope.open(); TensorFile file = TensorFile.open(quants)) {
      long live = HostMemory.liveBytes();
      for (String name : file.entries().keySet()) {
        for (Device device : List.of(Device.reference(), plan.device())) {
          Tensor stored = file.tensor(name, device);
          assertEquals(file.spec(name), stored.spec());
          assertTrue(((HostBuffer) stored.buffer()).segment().isMapped());
        }
      }
      assertEquals(0, plan.liveBytes());
      assertEquals(live, HostMemory.liveBytes());
    }
  }

  @Test
  void tensorsLieInTheFileAsTheyAre() throws Exception {
    byte[] bytes = Files.readAllBytes(quants);
    try (Scope _ = Scope.open(); TensorFile file = TensorFile.open(quants)) {
      Tensor t = file.tensor("w.q4_k", Device.reference());
      assertEquals(Spec.of(DType.Q4_K, 4, 512), t.spec());
      assertTrue(((HostBuffer) t.buffer()).segment().isMapped());
      byte[] found = t.toBytes();
      assertEquals(4 * 2 * 144, found.length);
      // the record of the tensor says 37472, and its data begin at 896
      assertArrayEquals(Arrays.copyOfRange(bytes, 896 + 37472, 896 + 37472 + found.length), found);
      Tensor far = file.tensor("w.q4_k", Device.of(new FarMemory()));
      assertArrayEquals(found, far.toBytes());
    }
  }

  @Test
  void keysHaveTheirValues() throws Exception {
    try (TensorFile file = TensorFile.open(quants)) {
      assertEquals(Map.of("general.architecture", "t5encoder", "note", "random weights", "t5encoder.block_count", "1",
          "some.array", "[1, 2, 3]", "some.strings", "[a, bé, ]", "eps", "1.0E-6", "flag", "true"), file.metadata());
    }
  }

  @Test
  void whatIsWrittenIsReadAgain() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 0; n < 200; n++) {
      try (Scope _ = Scope.open()) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = random.nextInt(6); i > 0; i--) tensors.put("t." + i, tensor(random));
        Map<String, String> metadata = n % 2 == 0 ? Map.of() : Map.of("general.architecture", "wan", "näme", "värde" + n);
        Path path = directory.resolve("x.gguf");
        byte[] bytes = Fixtures.contents(Gguf.contents(tensors, metadata));
        // the disk is forced for a few: it takes longer than all the rest
        if (n % 50 == 0) Gguf.write(path, tensors, metadata);
        else
          Files.write(path, bytes);
        assertArrayEquals(bytes, Files.readAllBytes(path));
        assertEquals(0, bytes.length % 32 * tensors.size());
        try (TensorFile file = TensorFile.open(path)) {
          assertEquals(metadata, file.metadata());
          assertEquals(List.copyOf(tensors.keySet()).size(), file.entries().size());
          for (var tensor : tensors.entrySet()) {
            assertEquals(tensor.getValue().spec(), file.spec(tensor.getKey()));
            assertArrayEquals(tensor.getValue().toBytes(), file.tensor(tensor.getKey(), Device.reference()).toBytes());
          }
        }
        assertEquals(tensors.size() + metadata.size(), StrictGguf.lines(bytes).size() - 1);
      }
    }
  }

  private static Tensor tensor(SplittableRandom random) {
    List<DType> types = List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q6_K, DType.I32, DType.F64);
    DType dtype = types.get(random.nextInt(types.size()));
    long[] sizes = random.longs(random.nextInt(4), 0, 4).toArray();
    if (dtype.isBlock()) sizes = new long[] {random.nextInt(4), (long) dtype.unit() * random.nextInt(3)};
    Spec spec = Spec.of(dtype, sizes);
    byte[] contents = new byte[(int) spec.bytes()];
    random.nextBytes(contents);
    return Tensor.of(spec, MemorySegment.ofArray(contents), Device.reference());
  }

  /// The same keys with the kinds they had, and the same tensors: the same file, but for the order of the data.
  @Test
  void aFileIsWrittenLikeAnother() throws Exception {
    try (Scope _ = Scope.open(); Gguf file = Gguf.open(quants)) {
      byte[] again = Fixtures.contents(file.contentsLikeThis(file));
      assertArrayEquals(Files.readAllBytes(quants), again);
    }
  }

  @Test
  void refusesToWriteWhatTheFormatLacks() {
    try (Scope _ = Scope.open()) {
      Tensor bool = Tensor.of(new boolean[] {true}, 1);
      assertMessage("gguf: b: bool is not a type of this format; it has " + GgufTypes.NAMES, () -> Gguf.contents(Map.of("b",
          bool), Map.of()));
      assertMessage("gguf: general.alignment: this key is the format's own", () -> Gguf.contents(Map.of(), Map.of(
          "general.alignment", "64")));
    }
  }

  private static void assertMessage(String expected, Executable code) {
    assertEquals(expected, assertThrows(IllegalArgumentException.class, code).getMessage());
  }

  /// Against the description of the types, block by block, in double.
  @Test
  void packsToTheNearestMultipleOfTheScale() {
    SplittableRandom random = new SplittableRandom(2);
    float[] x = new float[32 * 1000];
    for (int i = 0; i < x.length; i++) x[i] = i / 32 % 7 == 0 ? 0 : (float) (random.nextGaussian() * Math.exp(i / 32 % 13 - 6));
    try (Scope _ = Scope.open()) {
      Tensor values = Tensor.of(x, 1000, 32);
      for (DType type : List.of(DType.Q8_0, DType.Q4_0)) {
        byte[] packed = Packed.pack(values, type).toBytes();
        for (int block = 0; block < 1000; block++) {
          ByteBuffer bytes = ByteBuffer.wrap(packed, block * type.unitBytes(), type.unitBytes()).slice().order(
              ByteOrder.LITTLE_ENDIAN);
          double scale = Float.float16ToFloat(bytes.getShort(0));
          double extreme = 0;
          for (int j = 0; j < 32; j++) {
            if (Math.abs(x[32 * block + j]) > Math.abs(extreme)) extreme = x[32 * block + j];
          }
          assertEquals(type == DType.Q8_0 ? Math.abs(extreme) / 127 : -extreme / 8, scale, 1e-7 + Math.abs(extreme) / 10000);
          for (int j = 0; j < 32; j++) {
            int code = type == DType.Q8_0 ? bytes.get(2 + j) : (bytes.get(2 + j % 16) >> 4 * (j / 16) & 15) - 8;
            // half a step; at the far end of q4_0 a whole one, and the rounding of the scale
            double step = type == DType.Q4_0 && code == 7 ? 1.01 : 0.51;
            assertEquals(x[32 * block + j], scale * code, step * Math.abs(scale) + Math.abs(extreme) / 1000 + 3e-6);
          }
        }
        assertThrows(IllegalArgumentException.class, () -> Packed.pack(values.mul(1e9), type));
        assertThrows(IllegalArgumentException.class, () -> Packed.pack(Tensor.zeros(2, 31), type));
      }
      assertThrows(IllegalArgumentException.class, () -> Packed.pack(values, DType.Q4_K));
    }
  }

  /// Every code of every type of 32 values, with scales of all sizes, by the formula alone.
  @Test
  void everyValueIsRoundedOnce() {
    SplittableRandom random = new SplittableRandom(3);
    for (DType type : List.of(DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1)) {
      ByteBuffer blocks = ByteBuffer.allocate(2000 * type.unitBytes()).order(ByteOrder.LITTLE_ENDIAN);
      random.nextBytes(blocks.array());
      for (int block = 0; block < 2000; block++) {
        short scale = Float.floatToFloat16((float) (random.nextGaussian() * Math.exp(random.nextInt(18) - 14)));
        blocks.putShort(block * type.unitBytes(), scale);
        if (type == DType.Q4_1 || type == DType.Q5_1)
          blocks.putShort(block * type.unitBytes() + 2, Float.floatToFloat16(
              (float) random.nextGaussian()));
      }
      try (Scope _ = Scope.open()) {
        Tensor stored = Tensor.of(Spec.of(type, 2000, 32), MemorySegment.ofArray(blocks.array()), Device.reference());
        float[] got = values(stored);
        // a zero may have another sign
        for (int i = 0; i < got.length; i++) assertEquals((float) plain(type, blocks, i) + 0f, got[i] + 0f, type + " " + i);
      }
    }
  }

  private static double plain(DType type, ByteBuffer blocks, int i) {
    int at = i / 32 * type.unitBytes();
    int j = i % 32;
    double d = Float.float16ToFloat(blocks.getShort(at));
    double m = type == DType.Q4_1 || type == DType.Q5_1 ? Float.float16ToFloat(blocks.getShort(at + 2)) : 0;
    int codes = at + type.unitBytes() - (type == DType.Q8_0 ? 32 : 16);
    if (type == DType.Q8_0) return d * blocks.get(codes + j);
    int code = j < 16 ? blocks.get(codes + j) & 15 : (blocks.get(codes + j - 16) & 0xff) / 16;
    if (type == DType.Q5_0 || type == DType.Q5_1) code += 16 * (blocks.get(codes - 4 + j / 8) >> j % 8 & 1);
    return switch (type) {
      case Q4_0 -> d * (code - 8);
      case Q5_0 -> d * (code - 16);
      default -> d * code + m;
    };
  }
}

package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Quantize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Quantised matrices in three tensors, as MLX stores them.
class AffineFileTest {
  private static final Device DEVICE = Device.reference();

  @TempDir
  Path directory;

  static Stream<DType> blockTypes() { return Stream.of(DType.values()).filter(type -> type.kind() == DType.Kind.BLOCK); }

  private static Tensor blocks(DType type, long... sizes) {
    return Quantize.quantize(Rng.of(3).normal(DEVICE, sizes), type);
  }

  private static Tensor zeros(DType type, long... sizes) {
    Spec spec = Spec.of(type, sizes);
    return Tensor.of(spec, MemorySegment.ofArray(new byte[(int) spec.bytes()]), DEVICE);
  }

  @ParameterizedTest
  @MethodSource("blockTypes")
  void aMatrixIsReadAsItWasWritten(DType type) throws IOException {
    Path file = directory.resolve("model.safetensors");
    try (Scope scope = Scope.open()) {
      Tensor weight = blocks(type, 5, 192);
      Tensor bias = Rng.of(4).normal(DEVICE, 5);
      SafeTensors.write(file, Map.of("up.weight", weight, "up.bias", bias), Map.of("format", "mlx"));
      try (TensorFile plain = TensorFile.open(file)) {
        long words = 192L * type.codeBits() / 32;
        assertEquals(Map.of("up.weight", Spec.of(DType.U32, 5, words), "up.scales", Spec.of(type.scaleType(), 5, 192 / type
            .unit()), "up.biases", Spec.of(type.scaleType(), 5, 192 / type.unit()), "up.bias", bias.spec()), plain.entries());
        assertEquals("{\"group_size\":" + type.unit() + ",\"bits\":" + type.codeBits() + "}", plain.metadata().get(
            "quantization"));
        TensorFile joined = AffineFile.of(plain);
        assertEquals(Map.of("up.weight", weight.spec(), "up.bias", bias.spec()), joined.entries());
        Tensor found = joined.tensor("up.weight", DEVICE);
        assertInstanceOf(BlockPlanes.class, found.buffer());
        assertArrayEquals(weight.toBytes(), found.toBytes());
        assertArrayEquals(bias.toBytes(), joined.tensor("up.bias", DEVICE).toBytes());
      }
    }
  }

  @Test
  void aMatrixGoesWithTheScopeThatItWasReadIn() throws IOException {
    Path file = directory.resolve("model.safetensors");
    try (Scope _ = Scope.open()) {
      SafeTensors.write(file, Map.of("up.weight", blocks(DType.Q4_G64_F16, 5, 192)), Map.of());
    }
    try (TensorFile plain = TensorFile.open(file)) {
      Tensor found;
      try (Scope _ = Scope.open()) {
        found = AffineFile.of(plain).tensor("up.weight", DEVICE);
        assertEquals(1, found.buffer().owners());
      }
      assertTrue(found.isClosed());
      assertEquals(0, found.buffer().owners());
    }
  }

  /// Codes of a byte, four to a word, the first in the lowest bits.
  @Test
  void codesLieWhereMlxHasThem() throws IOException {
    byte[] words = new byte[32];
    for (int i = 0; i < 32; i++) words[i] = (byte) (2 * i % 16 | (2 * i + 1) % 16 << 4);
    try (Scope scope = Scope.open()) {
      Tensor codes = Tensor.of(Spec.of(DType.U32, 1, 8), MemorySegment.ofArray(words), DEVICE);
      Tensor one = Tensor.full(Spec.of(DType.F32, 1, 1), 1, DEVICE);
      Path file = directory.resolve("model.safetensors");
      SafeTensors.write(file, Map.of("w.weight", codes, "w.scales", one, "w.biases", one.mul(100)), Map.of());
      try (TensorFile plain = TensorFile.open(file)) {
        Tensor found = AffineFile.of(plain).tensor("w.weight", DEVICE);
        assertEquals(Spec.of(DType.Q4_G64, 1, 64), found.spec());
        double[] wanted = new double[64];
        for (int i = 0; i < 64; i++) wanted[i] = 100 + i % 16;
        assertArrayEquals(wanted, Dequantize.dequantize(found, DType.F32).toDoubles());
      }
    }
  }

  @Test
  void whatDoesNotFitTogetherIsSeenAsItIsStored() throws IOException {
    List<Map<String, Tensor>> files;
    try (Scope scope = Scope.open()) {
      Tensor codes = zeros(DType.U32, 2, 8);
      Tensor groups = zeros(DType.F16, 2, 1);
      files = List.of(Map.of("w.weight", codes), Map.of("w.weight", codes, "w.scales", groups), Map.of("w.weight", codes,
          "w.scales", groups, "w.biases", zeros(DType.BF16, 2, 1)), Map.of("w.weight", codes, "w.scales", zeros(DType.F16, 1, 1),
              "w.biases", zeros(DType.F16, 1, 1)), Map.of("w.weight", codes, "w.scales", zeros(DType.F16, 2, 3), "w.biases",
                  zeros(DType.F16, 2, 3)), Map.of("w.weight", zeros(DType.I32, 2, 8), "w.scales", groups, "w.biases", groups),
          Map.of("w.weight", codes, "w.scales", zeros(DType.I32, 2, 1), "w.biases", zeros(DType.I32, 2, 1)), Map.of("w.codes",
              codes, "w.scales", groups, "w.biases", groups), Map.of("w.weight", zeros(DType.U32, 2, 0), "w.scales", zeros(
                  DType.F16, 2, 0), "w.biases", zeros(DType.F16, 2, 0)));
      for (int i = 0; i < files.size(); i++) {
        Path file = directory.resolve(i + ".safetensors");
        SafeTensors.write(file, files.get(i), Map.of("quantization", i % 2 == 0 ? "no json" : "{\"bits\":\"x\"}"));
        try (TensorFile plain = TensorFile.open(file)) {
          assertSame(plain, AffineFile.of(plain), "file " + i);
        }
      }
    }
  }

  @Test
  void sizesOfNothingMayBeAnyNumber() throws IOException {
    String groups = "{\"dtype\":\"F16\",\"shape\":[0,144115188075855872],\"data_offsets\":[0,0]}";
    String header = "{\"w.weight\":{\"dtype\":\"U32\",\"shape\":[0,1152921504606846976],\"data_offsets\":[0,0]},\"w.scales\":"
        + groups
        + ",\"w.biases\":" + groups + "}";
    Path file = Files.write(directory.resolve("empty.safetensors"), Fixtures.safetensors(header, 0));
    try (TensorFile plain = TensorFile.open(file)) {
      assertSame(plain, AffineFile.of(plain));
    }
  }

  @Test
  void convertedMatricesAreThoseOfTheQuantisation() throws IOException {
    Path source = directory.resolve("source.safetensors");
    try (Scope scope = Scope.open()) {
      Tensor matrix = Rng.of(5).normal(DEVICE, 40, 128);
      Map<String, Tensor> tensors = Map.of("a.weight", matrix, "b.weight", matrix.to(DType.BF16), "c.weight", matrix.to(
          DType.F16), "table.weight", Rng.of(6).normal(DEVICE, 32, 64), "odd.weight", Rng.of(7).normal(DEVICE, 200, 100),
          "a.bias", Rng.of(8).normal(DEVICE, 128), "patch", Rng.of(9).normal(DEVICE, 64, 128), "deep.weight", Rng.of(10).normal(
              DEVICE, 2, 64, 64));
      SafeTensors.write(source, tensors, Map.of());
      Path folder = directory.resolve("shards");
      try (TensorFile file = TensorFile.open(source)) {
        ShardedSafeTensors.write(folder, ConvertedFile.affine(file, 4), Map.of(), 4000);
      }
      try (TensorFile plain = TensorFile.open(folder)) {
        TensorFile made = AffineFile.of(plain);
        Map<String, DType> changed = Map.of("a.weight", DType.Q4_G64, "b.weight", DType.Q4_G64_BF16, "c.weight",
            DType.Q4_G64_F16);
        assertEquals(tensors.keySet(), Set.copyOf(made.entries().keySet()));
        for (var entry : tensors.entrySet()) {
          DType type = changed.get(entry.getKey());
          Tensor wanted = type == null ? entry.getValue() : Quantize.quantize(entry.getValue(), type);
          assertArrayEquals(wanted.toBytes(), made.tensor(entry.getKey(), DEVICE).toBytes(), entry.getKey());
        }
        // and back, to the values of the codes
        TensorFile wide = ConvertedFile.of(made, DType.F32);
        assertEquals(128 * 40, Arrays.stream(wide.tensor("a.weight", DEVICE).toDoubles()).filter(Double::isFinite).count());
      }
    }
  }

  @Test
  void refusesWhatAFileCannotSay() throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor four = blocks(DType.Q4_G64, 2, 64);
      Tensor eight = blocks(DType.Q8_G64, 2, 64);
      Path file = directory.resolve("model.safetensors");
      assertEquals("safetensors: block types of several sizes; one to a file", assertThrows(IllegalArgumentException.class,
          () -> SafeTensors.write(file, Map.of("a.weight", four, "b.weight", eight), Map.of())).getMessage());
      assertThrows(IllegalArgumentException.class, () -> SafeTensors.write(file, Map.of("a", four), Map.of()));
      assertEquals(false, Files.exists(file));
    }
  }
}

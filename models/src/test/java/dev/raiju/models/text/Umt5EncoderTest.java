package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.GradCheck;
import dev.raiju.models.Goldens;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class Umt5EncoderTest {
  private static final Device DEVICE = Device.reference();
  private static final Umt5Config CONFIG = new Umt5Config(20, 12, 2, 4, 10, 2, 8, 16, 1e-6f);

  static Stream<Device> devices() { return Goldens.devices(); }

  /// With random distances, which a new encoder does not have.
  private static Umt5Encoder encoder(Device device) {
    Umt5Encoder encoder = Umt5Encoder.create(CONFIG, Initializer.random(Rng.of(1), device));
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> values = new HashMap<>(encoder.parameters());
      values.replaceAll((name, t) -> name.endsWith("positions") ? Rng.of(2).normal(device, t.shape().sizes()) : t);
      encoder.load(values);
    }
    return encoder;
  }

  @Test
  void hasTheParametersOfThePublishedModel() {
    try (Umt5Encoder encoder = Umt5Encoder.create(Umt5Config.XXL, Initializer.shapes(DEVICE))) {
      assertEquals(5680910336L, encoder.parameterCount());
      assertEquals(2 + 24 * 10, encoder.parameters().size());
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void paddingDoesNotChangeText(Device device) {
    try (Scope scope = Scope.open(); Umt5Encoder encoder = encoder(device)) {
      Tensor ids = Tensor.of(new int[] {3, 4, 5, 6, 1, 7, 8, 1, 0, 0}, 2, 5).to(device);
      Tensor mask = Tensor.of(new boolean[] {true, true, true, true, true, true, true, true, false, false}, 2, 5).to(device);
      float[] padded = encoder.forward(ids, mask).toFloats();
      float[] first = encoder.forward(ids.slice(0, 0, 1)).toFloats();
      float[] second = encoder.forward(ids.slice(0, 1, 1).slice(1, 0, 3)).toFloats();
      for (int i = 0; i < first.length; i++) assertEquals(first[i], padded[i], 1e-5);
      for (int i = 0; i < second.length; i++) assertEquals(second[i], padded[first.length + i], 1e-5);
    }
  }

  @Test
  void contextIsTextThenZeros() {
    try (Scope scope = Scope.open(); Umt5Encoder encoder = encoder(DEVICE)) {
      Tensor context = encoder.context(List.of(new int[] {7, 8, 1}, new int[] {9, 1}), 4);
      float[] alone = encoder.forward(Tensor.of(new int[] {9, 1}, 1, 2).to(DEVICE)).toFloats();
      float[] rows = context.slice(0, 1, 1).toFloats();
      assertArrayEquals(alone, Arrays.copyOf(rows, 24));
      for (int i = 24; i < 48; i++) assertEquals(0, rows[i]);
    }
  }

  @Test
  void refusesTextsThatAreTooLong() {
    try (Umt5Encoder encoder = encoder(DEVICE)) {
      String message = assertThrows(ShapeException.class, () -> encoder.context(List.of(new int[5]), 4)).getMessage();
      assertEquals("umt5: a text of 5 tokens; needs 1 to 4", message);
      assertThrows(ShapeException.class, () -> encoder.context(List.of(new int[0]), 4));
    }
  }

  @Test
  void biasDependsOnDistanceAlone() {
    try (Scope scope = Scope.open(); Umt5Encoder encoder = encoder(DEVICE)) {
      Umt5Attention attention = encoder.blocks().getFirst().attention();
      float[] table = attention.positions().toFloats();
      float[] bias = attention.bias(9).toFloats();
      for (int head = 0; head < 2; head++) {
        for (int i = 0; i < 9; i++) {
          for (int j = 0; j < 9; j++) assertEquals(table[2 * CONFIG.bucket(j - i) + head], bias[(head * 9 + i) * 9 + j]);
        }
      }
    }
  }

  @Test
  void bucketsGrowWithDistance() {
    Umt5Config config = Umt5Config.XXL;
    assertEquals(0, config.bucket(0));
    assertEquals(7, config.bucket(-7));
    assertEquals(8, config.bucket(-8));
    assertEquals(17, config.bucket(1));
    assertEquals(31, config.bucket(128));
    assertEquals(15, config.bucket(-100000));
    for (int d = 1; d < 200; d++) assertTrue(config.bucket(-d) >= config.bucket(1 - d));
  }

  @Test
  void leavesNothingBehind() {
    try (Umt5Encoder encoder = encoder(DEVICE)) {
      long before = HostMemory.liveBuffers();
      encoder.context(List.of(new int[] {3, 1}, new int[] {4, 5, 1}), 6).close();
      assertEquals(before, HostMemory.liveBuffers());
    }
  }

  @Test
  void gradientsMatchDifferences() {
    try (Umt5Encoder encoder = encoder(DEVICE); Umt5Encoder wide = encoder.to(DType.F64); Scope scope = Scope.open()) {
      Tensor ids = Tensor.of(new int[] {3, 4, 1, 5, 1, 0}, 2, 3).to(DEVICE);
      Tensor mask = Tensor.of(new boolean[] {true, true, true, true, true, false}, 2, 3).to(DEVICE);
      List<Tensor> inputs = new ArrayList<>(wide.parameters().values());
      GradCheck.check(in -> List.of(wide.with(in).forward(ids, mask)), inputs, 1, 17);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Umt5Weights.ORIGINAL, Umt5Weights.HUGGING_FACE})
  void writesWhatItReads(String naming, @TempDir Path folder) throws IOException {
    Path path = folder.resolve("t5.safetensors");
    try (Umt5Encoder encoder = encoder(DEVICE)) {
      SafeTensors.write(path, Umt5Weights.named(encoder, naming), Map.of());
      try (SafeTensors file = SafeTensors.open(path); Umt5Encoder loaded = Umt5Weights.load(file, DEVICE)) {
        assertEquals(new Umt5Config(20, 12, 2, 4, 10, 2, 8, 128, 1e-6f), loaded.config());
        assertEquals(List.copyOf(encoder.parameters().keySet()), List.copyOf(loaded.parameters().keySet()));
        assertTrue(Umt5Weights.compare(file, CONFIG).isFull());
      }
    }
  }

  @Test
  void readsATableThatIsStoredTwice(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("t5.safetensors");
    try (Umt5Encoder encoder = encoder(DEVICE)) {
      Map<String, Tensor> tensors = new HashMap<>(Umt5Weights.named(encoder, Umt5Weights.HUGGING_FACE));
      tensors.put("encoder.embed_tokens.weight", encoder.embedding().weight());
      SafeTensors.write(path, tensors, Map.of());
      try (SafeTensors file = SafeTensors.open(path)) {
        assertTrue(Umt5Weights.compare(file, CONFIG).isFull());
      }
    }
  }

  @Test
  void knowsEveryNameOfThePublishedFiles() throws IOException {
    for (String kind : List.of("umt5", "umt5_hf")) {
      try (GoldenFile golden = Goldens.open(kind, DEVICE)) {
        assertTrue(Umt5Weights.compare(golden.weights("w."), Umt5Weights.infer(golden.weights("w."))).isFull());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aQuantisedEncoderRunsFromItsFile(Device device, @TempDir Path folder) throws IOException {
    Umt5Config config = new Umt5Config(100, 64, 2, 32, 128, 2, 8, 16, 1e-6f);
    Path path = folder.resolve("model.safetensors");
    try (Scope scope = Scope.open();
        Umt5Encoder encoder = Umt5Encoder.create(config, Initializer.random(Rng.of(1), device));
        Umt5Encoder small = encoder.narrow(DType.Q4_G64_BF16)) {
      SafeTensors.write(path, Umt5Weights.named(small, Umt5Weights.HUGGING_FACE), Map.of());
      try (SafeTensors file = SafeTensors.open(path); Umt5Encoder read = Umt5Weights.load(file, config, device)) {
        read.parameters().forEach((name, t) -> {
          boolean matrix = t.dtype() == DType.Q4_G64_BF16;
          assertEquals(name.endsWith(".weight") && !name.toLowerCase(Locale.ROOT).contains("norm"), matrix, name);
          if (matrix) assertInstanceOf(BlockPlanes.class, t.buffer(), name);
        });
        Tensor ids = Tensor.of(new int[] {3, 4, 99, 1}, 1, 4).to(device);
        assertArrayEquals(small.forward(ids).toBytes(), read.forward(ids).toBytes());
        assertEquals(small.parameters().size(), Umt5Weights.compare(file, config).loaded().size());
      }
    }
  }

  @Test
  void aQuantisedEncoderStaysClose() {
    Umt5Config config = new Umt5Config(40, 64, 2, 32, 64, 2, 8, 16, 1e-6f);
    try (Scope scope = Scope.open();
        Umt5Encoder encoder = Umt5Encoder.create(config, Initializer.random(Rng.of(1), DEVICE));
        Umt5Encoder small = encoder.narrow(DType.Q8_G32)) {
      assertEquals(DType.Q8_G32, small.embedding().weight().dtype());
      assertEquals(DType.F32, small.blocks().getFirst().attention().positions().dtype());
      Tensor ids = Tensor.of(new int[] {3, 4, 1}, 1, 3).to(DEVICE);
      Tensor y = encoder.forward(ids);
      double error = y.sub(small.forward(ids)).square().mean().item() / y.square().mean().item();
      assertTrue(error > 0 && error < 1e-3, "relative squared error " + error);
      assertEquals(Optional.empty(), small.blocks().getFirst().attention().query().bias());
    }
  }
}

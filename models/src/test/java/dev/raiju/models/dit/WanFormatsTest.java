package dev.raiju.models.dit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ConvertedFile;
import dev.raiju.tensor.io.Gguf;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.ShardedSafeTensors;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.io.TorchZip;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One model in every format: the weights of the golden transformer as PyTorch itself wrote them, and written from there.
class WanFormatsTest {
  private static final Device DEVICE = Device.named("cpu");

  @TempDir
  private Path folder;
  private final Map<Class<?>, Path> formats = new LinkedHashMap<>();

  @BeforeEach
  void write() throws IOException {
    Path torch = folder.resolve("wan_dit.pth");
    try (InputStream in = Objects.requireNonNull(WanFormatsTest.class.getResourceAsStream("wan_dit.pth"))) {
      Files.copy(in, torch);
    }
    formats.put(TorchZip.class, torch);
    try (TensorFile source = TensorFile.open(torch)) {
      Path plain = folder.resolve("wan.safetensors");
      try (Scope scope = Scope.open()) {
        SafeTensors.write(plain, tensors(source), Map.of());
        Gguf.write(folder.resolve("wan.gguf"), tensors(source), Map.of("general.architecture", "wan"));
      }
      formats.put(SafeTensors.class, plain);
      formats.put(Gguf.class, folder.resolve("wan.gguf"));
      ShardedSafeTensors.write(folder.resolve("shards"), source, Map.of(), 100_000);
      formats.put(ShardedSafeTensors.class, folder.resolve("shards"));
    }
  }

  private static Map<String, Tensor> tensors(TensorFile file) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : file.entries().keySet()) tensors.put(name, file.tensor(name, DEVICE));
    return tensors;
  }

  private static float[] velocity(TensorFile file, GoldenFile golden) throws IOException {
    try (WanTransformer model = WanWeights.load(file, WanWeights.infer(file, 20), DEVICE)) {
      return model.forward(golden.tensor("in.x"), golden.tensor("in.t"), golden.tensor("in.context")).toFloats();
    }
  }

  @Test
  void everyFormatGivesTheSameTensorsAndTheSameVelocity() throws IOException {
    try (Scope scope = Scope.open(); GoldenFile golden = Goldens.open("wan_dit", DEVICE)) {
      TensorFile expected = golden.weights("w.");
      float[] velocity = velocity(expected, golden);
      assertEquals(4, formats.size());
      for (var format : formats.entrySet()) {
        try (TensorFile file = TensorFile.open(format.getValue())) {
          assertEquals(format.getKey(), file.getClass());
          assertEquals(Map.copyOf(expected.entries()), Map.copyOf(file.entries()));
          for (String name : expected.entries().keySet()) {
            assertArrayEquals(expected.tensor(name, DEVICE).toBytes(), file.tensor(name, DEVICE).toBytes(), name);
          }
          assertArrayEquals(velocity, velocity(file, golden), format.getKey().getSimpleName());
        }
      }
    }
  }

  /// A packed file is computed with as the block type that holds the same values: close to the plain weights, and nothing is lost
  /// against unpacking to f32 first.
  @Test
  void packedWeightsLoadToTheirValues() throws IOException {
    Path packed = folder.resolve("packed.gguf");
    try (Scope scope = Scope.open();
        GoldenFile golden = Goldens.open("wan_dit", DEVICE);
        TensorFile plain = TensorFile.open(formats.get(TorchZip.class))) {
      try (TensorFile q8 = ConvertedFile.of(plain, DType.Q8_0)) {
        Gguf.write(packed, tensors(q8), Map.of());
      }
      try (TensorFile file = TensorFile.open(packed)) {
        assertTrue(file.entries().values().stream().anyMatch(spec -> spec.dtype() == DType.Q8_0));
        float[] exact = velocity(plain, golden);
        float[] found = velocity(file, golden);
        float[] unpacked = velocity(ConvertedFile.of(file, DType.F32), golden);
        double largest = 0;
        for (float value : exact) largest = Math.max(largest, Math.abs(value));
        for (int i = 0; i < exact.length; i++) {
          assertEquals(exact[i], found[i], 0.05 * largest);
          assertEquals(unpacked[i], found[i], 1e-4 * largest);
        }
      }
    }
  }
}

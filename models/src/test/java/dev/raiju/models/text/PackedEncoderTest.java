package dev.raiju.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.ConvertedFile;
import dev.raiju.tensor.io.Gguf;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.op.Dequantize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A text encoder whose matrices are blocks of a GGUF file.
class PackedEncoderTest {
  private static final Device DEVICE = Device.named("cpu");
  private static final DType E4M3 = DType.F8_E4M3_G32;
  private static final DType E5M2 = DType.F8_E5M2_G32;
  private static final Umt5Config CONFIG = new Umt5Config(300, 256, 2, 128, 512, 2, 8, 16, 1e-6f);

  static Stream<DType> packed() { return Stream.of(DType.values()).filter(t -> t.isPacked() && t != E4M3 && t != E5M2); }

  /// Blocks of bytes below 32: any number in f16 among them is finite and small.
  private static Tensor blocks(DType type, Tensor matrix, long seed) {
    Spec spec = matrix.spec().with(type);
    byte[] bytes = new byte[Math.toIntExact(spec.bytes())];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) random.nextInt(32);
    return Tensor.of(spec, MemorySegment.ofArray(bytes), DEVICE);
  }

  private static Path write(Path folder, DType type) throws IOException {
    Path path = folder.resolve("model.gguf");
    try (Scope scope = Scope.open(); Umt5Encoder encoder = Umt5Encoder.create(CONFIG, Initializer.random(Rng.of(1), DEVICE))) {
      Map<String, Tensor> tensors = new TreeMap<>(Umt5Weights.named(encoder, Umt5Weights.GGUF));
      tensors.replaceAll((name, t) -> t.rank() == 2 && t.size(1) % type.unit() == 0 ? blocks(type, t, name.hashCode()) : t);
      Gguf.write(path, tensors, Map.of());
    }
    return path;
  }

  @ParameterizedTest
  @MethodSource("packed")
  void runsFromTheBlocksOfItsFile(DType type, @TempDir Path folder) throws IOException {
    Path path = write(folder, type);
    long live = HostMemory.liveBytes();
    List<Buffer> buffers = new ArrayList<>();
    try (TensorFile file = TensorFile.open(path)) {
      long stored = file.entries().values().stream().filter(spec -> spec.dtype() == type).mapToLong(Spec::bytes).sum();
      try (Umt5Encoder encoder = Umt5Weights.load(file, CONFIG, DEVICE);
          Umt5Encoder plain = Umt5Weights.load(ConvertedFile.of(file, DType.F32), CONFIG, DEVICE);
          Scope scope = Scope.open()) {
        long wide = plain.parameters().values().stream().mapToLong(t -> t.spec().bytes()).sum();
        // the few that are no matrices, and all of the other one
        assertTrue(HostMemory.liveBytes() - live - wide < stored / 10, type.label());
        encoder.parameters().values().stream().filter(t -> t.dtype() == type).forEach(t -> {
          assertTrue(t.buffer() instanceof HostBuffer held && held.segment().isMapped());
          buffers.add(t.buffer());
        });
        assertEquals(1 + 2 * 7, buffers.size());
        Tensor ids = Tensor.of(new int[] {3, 299, 0, 7, 1}, 1, 5).to(DEVICE);
        // f32 is what the blocks become while they are packed for a product: the bits are the same
        assertArrayEquals(plain.forward(ids).toBytes(), encoder.forward(ids).toBytes());
      }
    }
    for (Buffer buffer : buffers) assertEquals(0, buffer.owners());
    assertEquals(live, HostMemory.liveBytes());
  }

  /// As ComfyUI stores them: with a scale beside each matrix, or without.
  @ParameterizedTest
  @CsvSource({"f8_e4m3, 1", "f8_e4m3, 0.3", "f8_e5m2, 0.3"})
  void runsFromTheEightBitFloatsOfItsFile(String label, float scale, @TempDir Path folder) throws IOException {
    DType type = DType.parse(label);
    Path path = folder.resolve("model.safetensors");
    Map<String, float[]> wanted = new TreeMap<>();
    try (Scope scope = Scope.open(); Umt5Encoder encoder = Umt5Encoder.create(CONFIG, Initializer.random(Rng.of(1), DEVICE))) {
      Map<String, Tensor> tensors = new TreeMap<>(Umt5Weights.named(encoder, Umt5Weights.ORIGINAL));
      for (String name : List.copyOf(tensors.keySet())) {
        Tensor t = tensors.get(name);
        if (t.rank() != 2 || t.size(1) % 32 != 0) continue;
        tensors.put(name, t.to(type));
        float[] values = tensors.get(name).to(DType.F32).toFloats();
        for (int i = 0; i < values.length; i++) values[i] *= scale;
        wanted.put(name, values);
        if (scale != 1) tensors.put(name.replace(".weight", ".scale_weight"), Tensor.scalar(scale));
      }
      SafeTensors.write(path, tensors, Map.of());
    }
    long live = HostMemory.liveBytes();
    try (TensorFile file = TensorFile.open(path); Umt5Encoder encoder = Umt5Weights.load(file, CONFIG, DEVICE)) {
      assertTrue(HostMemory.liveBytes() - live < encoder.parameterCount() / 50, "held beside the file");
      Map<String, Tensor> named = Umt5Weights.named(encoder, Umt5Weights.ORIGINAL);
      try (Scope scope = Scope.open(); Umt5Encoder plain = encoder.narrow(DType.F32)) {
        for (String name : wanted.keySet()) {
          Tensor matrix = Objects.requireNonNull(named.get(name));
          assertEquals(type == DType.F8_E4M3 ? E4M3 : E5M2, matrix.dtype());
          assertArrayEquals(wanted.get(name), Dequantize.dequantize(matrix, DType.F32).toFloats(), name);
          assertArrayEquals(matrix.copy().toBytes(), matrix.toBytes());
          assertArrayEquals(wanted.get(name), Dequantize.dequantize(matrix.to(Device.reference()), DType.F32).toFloats());
        }
        Tensor ids = Tensor.of(new int[] {3, 299, 0, 7, 1}, 1, 5).to(DEVICE);
        assertArrayEquals(plain.forward(ids).toBytes(), encoder.forward(ids).toBytes());
      }
    }
    assertEquals(live, HostMemory.liveBytes());
  }
}

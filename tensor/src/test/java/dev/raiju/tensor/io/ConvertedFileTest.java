package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.backend.HostMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tensors from a file of one format to a file of another.
class ConvertedFileTest {
  @TempDir
  Path directory;

  private static void assertSame(TensorFile expected, TensorFile found) throws IOException {
    assertEquals(Map.copyOf(expected.entries()), Map.copyOf(found.entries()));
    for (String name : expected.entries().keySet()) {
      assertArrayEquals(expected.tensor(name, Device.reference()).toBytes(), found.tensor(name, Device.reference()).toBytes(),
          name);
    }
  }

  @Test
  void aTorchFileBecomesTheSafetensorsFileThatItsWriterMakes() throws Exception {
    byte[] expected = Fixtures.bytes("weights.safetensors");
    try (TensorFile source = TensorFile.open(Fixtures.copy("weights.pth", directory))) {
      byte[] made = Fixtures.contents(SafeTensors.contents(source, Map.of("note",
          "the tensors that weights.pth and nested.pth must give")));
      assertArrayEquals(expected, made);
    }
  }

  @Test
  void shardsHoldWhatTheFileHolds() throws Exception {
    try (Scope _ = Scope.open(); TensorFile source = TensorFile.open(Fixtures.copy("weights.pth", directory))) {
      for (long bytes : new long[] {1, 500, 1 << 20}) {
        Path folder = directory.resolve("shards" + bytes);
        ShardedSafeTensors.write(folder, source, Map.of("format", "pt"), bytes);
        try (TensorFile made = TensorFile.open(folder); Stream<Path> files = Files.list(folder)) {
          assertInstanceOf(ShardedSafeTensors.class, made);
          assertEquals(Map.of("total_size", "1957"), made.metadata());
          assertSame(source, made);
          List<Path> shards = files.filter(file -> file.toString().endsWith(".safetensors")).toList();
          if (bytes == 500) assertTrue(shards.size() > 3 && shards.size() < 9, shards.toString());
          else
            assertEquals(bytes == 1 ? 15 : 1, shards.size(), shards.toString());
        }
        assertThrows(StorageException.class, () -> ShardedSafeTensors.write(folder, source, Map.of(), bytes));
      }
    }
  }

  @Test
  void fractionsAreConvertedAndWholeNumbersStay() throws Exception {
    try (Scope _ = Scope.open(); TensorFile source = TensorFile.open(Fixtures.copy("weights.pth", directory))) {
      TensorFile made = ConvertedFile.of(source, DType.BF16);
      for (String name : source.entries().keySet()) {
        boolean converted = source.spec(name).dtype().isFloat();
        assertEquals(source.spec(name).with(converted ? DType.BF16 : source.spec(name).dtype()), made.spec(name));
        assertEquals(made.spec(name), made.tensor(name, Device.reference()).spec());
        assertArrayEquals(source.tensor(name, Device.reference()).to(made.spec(name).dtype()).toBytes(), made.tensor(name, Device
            .reference()).toBytes(), name);
      }
      assertThrows(ModelFormatException.class, () -> made.spec("z"));
      assertThrows(IllegalArgumentException.class, () -> ConvertedFile.of(source, DType.I32));
      assertThrows(IllegalArgumentException.class, () -> ConvertedFile.of(source, DType.Q4_K));
    }
  }

  @Test
  void whatIsConvertedGoesWithTheScopeThatItWasAskedForIn() throws Exception {
    try (TensorFile source = TensorFile.open(Fixtures.copy("quants.gguf", directory))) {
      long live = HostMemory.liveBytes();
      for (DType type : List.of(DType.BF16, DType.Q8_0, DType.Q4_G32)) {
        try (Scope _ = Scope.open()) {
          ConvertedFile.of(source, type).tensor("w.q4_k", Device.reference());
        }
        Fixtures.contents(SafeTensors.contents(ConvertedFile.of(source, DType.F32), Map.of()));
        assertEquals(live, HostMemory.liveBytes(), type.label());
      }
    }
  }

  @Test
  void packedTypesBecomeFloatsAndFloatsPacked() throws Exception {
    try (Scope _ = Scope.open();
        Gguf source = Gguf.open(Fixtures.copy("quants.gguf", directory));
        TensorFile expected = TensorFile.open(Fixtures.copy("quants_expected.safetensors", directory))) {
      TensorFile floats = ConvertedFile.of(source, DType.F32);
      for (String name : source.entries().keySet()) {
        float[] want = expected.tensor(name, Device.reference()).toFloats();
        float[] got = floats.tensor(name, Device.reference()).toFloats();
        for (int i = 0; i < want.length; i++) assertEquals(want[i], got[i], 2e-7 * Math.abs(want[i]), name);
      }
      Path path = directory.resolve("q8.gguf");
      Files.write(path, Fixtures.contents(source.contentsLikeThis(ConvertedFile.of(source, DType.Q8_0))));
      try (TensorFile made = TensorFile.open(path)) {
        assertEquals(source.metadata(), made.metadata());
        assertTrue(made.entries().values().stream().allMatch(spec -> spec.dtype() == DType.Q8_0));
        // what was of the type is the same bytes
        assertArrayEquals(source.tensor("w.q8_0", Device.reference()).toBytes(), made.tensor("w.q8_0", Device.reference())
            .toBytes());
      }
      var refused = assertThrows(IllegalArgumentException.class, () -> SafeTensors.contents(source, Map.of()));
      assertTrue(String.valueOf(refused.getMessage()).matches(
          "safetensors: w\\.q\\w+: q\\w+ is not a type of this format; convert it"),
          refused.getMessage());
    }
  }
}

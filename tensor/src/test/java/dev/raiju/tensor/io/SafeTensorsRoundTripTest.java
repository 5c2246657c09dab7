package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Random maps of tensors: written, checked by the second reader, read, compared, and written again to the same bytes.
class SafeTensorsRoundTripTest {
  private static final int MAPS = 2000;

  @TempDir
  Path directory;

  static Map<String, Tensor> tensors(TensorFile file) throws ModelFormatException {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (String name : file.entries().keySet()) all.put(name, file.tensor(name, Device.reference()));
    return all;
  }

  @Test
  void bytesInMemoryAreReadAsAFileIs() throws Exception {
    try (Scope _ = Scope.open()) {
      Map<String, Tensor> tensors = Map.of("a", Tensor.of(new float[] {1, 2, 3}, 3), "b", Tensor.of(new int[] {4}, 1));
      byte[] written = Fixtures.contents(SafeTensors.contents(tensors, Map.of("k", "v")));
      SafeTensors file = SafeTensors.of(written, "resource");
      Tensor a = file.tensor("a", Device.reference());
      file.close();
      assertArrayEquals(new float[] {1, 2, 3}, a.toFloats(), "a tensor keeps the memory");
      assertEquals(Map.of("k", "v"), file.metadata());
      byte[] cut = Arrays.copyOf(written, written.length - 1);
      var e = assertThrows(ModelFormatException.class, () -> SafeTensors.of(cut, "resource"));
      assertTrue(e.getMessage().startsWith("resource: "), e.getMessage());
    }
  }

  @Test
  void whatIsWrittenIsReadAgainAndWrittenTheSame() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    Path path = directory.resolve("x.safetensors");
    for (int n = 0; n < MAPS; n++) {
      try (Scope _ = Scope.open()) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = random.nextInt(8); i > 0; i--) tensors.put(name(random), tensor(random));
        Map<String, String> metadata = new LinkedHashMap<>();
        for (int i = random.nextInt(3); i > 0; i--) metadata.put(name(random), name(random));
        byte[] written = Fixtures.contents(SafeTensors.contents(tensors, metadata));
        assertEquals(tensors.size() + 1, StrictChecker.safetensors(written).size());
        // the disk is forced for a few: it takes longer than all the rest
        if (n % 50 == 0) SafeTensors.write(path, tensors, metadata);
        else
          Files.write(path, written);
        try (SafeTensors file = SafeTensors.open(path)) {
          assertEquals(metadata, file.metadata());
          assertEquals(tensors.keySet(), file.entries().keySet());
          Map<String, Tensor> read = tensors(file);
          for (var tensor : tensors.entrySet()) {
            assertEquals(tensor.getValue().spec(), file.spec(tensor.getKey()));
            assertArrayEquals(tensor.getValue().toBytes(), read.getOrDefault(tensor.getKey(), Tensor.zeros()).toBytes());
          }
          assertArrayEquals(written, Fixtures.contents(SafeTensors.contents(read, file.metadata())));
          assertArrayEquals(written, Files.readAllBytes(path));
        }
      }
    }
  }

  private static Tensor tensor(SplittableRandom random) {
    DType dtype = SafeTensorsHeader.TYPES.get(random.nextInt(SafeTensorsHeader.TYPES.size()));
    Spec spec = Spec.of(dtype, random.longs(random.nextInt(4), 0, 5).toArray());
    byte[] contents = new byte[(int) spec.bytes()];
    random.nextBytes(contents);
    return Tensor.of(spec, MemorySegment.ofArray(contents), Device.reference());
  }

  private static final List<String> LETTERS = List.of("a", "B", ".", "0", "_", "weight", " ", "\"", "\\", "\n", "\u001f",
      "\u007f",
      "é", "中", "\ue000", "\uffff", "😀", "/", "{}");

  private static String name(SplittableRandom random) {
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) name.append(LETTERS.get(random.nextInt(LETTERS.size())));
    return name.toString();
  }
}

package dev.raiju.models.dit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WanWeightsTest {
  private static final Device DEVICE = Device.reference();

  @TempDir
  private Path folder;

  private SafeTensors file(Map<String, Tensor> tensors) throws IOException {
    Path path = folder.resolve("dit.safetensors");
    SafeTensors.write(path, tensors, Map.of());
    return SafeTensors.open(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {WanWeights.ORIGINAL, WanWeights.DIFFUSERS})
  void writesWhatItReads(String naming) throws IOException {
    try (Scope scope = Scope.open();
        WanTransformer model = TinyWan.create(1, DEVICE);
        SafeTensors file = file(WanWeights.named(model, naming));
        WanTransformer loaded = WanWeights.load(file, WanWeights.infer(file, 6), DEVICE)) {
      WanConfig config = loaded.config();
      // the length of prompts is not in the weights
      assertEquals(new WanConfig(20, 2, 6, 28, 2, 10, 512, 8, 4, 3, new WanConfig.Patch(1, 2, 2), 1e-6f, 10000), config);
      model.parameters().forEach((name, t) -> assertArrayEquals(t.toFloats(), loaded.parameters().get(name).toFloats(), name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"wan_dit", "wan_dit_diffusers"})
  void knowsEveryNameOfThePublishedFiles(String kind) throws IOException {
    String naming = kind.equals("wan_dit") ? WanWeights.ORIGINAL : WanWeights.DIFFUSERS;
    try (GoldenFile golden = Goldens.open(kind, DEVICE)) {
      WanConfig config = WanWeights.infer(golden.weights("w."), 20);
      try (WanTransformer model = WanTransformer.create(config, Initializer.shapes(DEVICE))) {
        Set<String> published = new HashSet<>();
        golden.names("w.").forEach(name -> published.add(name.substring(2)));
        assertEquals(published, WanWeights.named(model, naming).keySet());
      }
    }
  }

  @Test
  void namesAllTensorsOfTheLargeModelOnce() {
    try (WanTransformer model = WanTransformer.create(WanConfig.WAN_1_3B, Initializer.shapes(DEVICE))) {
      for (String naming : WanWeights.names().namings()) {
        Map<String, Tensor> named = WanWeights.named(model, naming);
        assertEquals(825, named.size());
        assertTrue(named.containsKey("blocks.29." + (naming.equals(WanWeights.ORIGINAL) ? "norm3.weight" : "norm2.weight")));
      }
    }
  }

  @Test
  void refusesAnAttentionWidthThatDoesNotDivide() throws IOException {
    try (Scope scope = Scope.open();
        WanTransformer model = TinyWan.create(1, DEVICE);
        SafeTensors file = file(WanWeights.named(model, WanWeights.ORIGINAL))) {
      String message = assertThrows(ModelFormatException.class, () -> WanWeights.load(file, DEVICE)).getMessage();
      assertTrue(message.endsWith("dit.safetensors: attention width 12 does not divide into heads of 128; give the head width"),
          message);
    }
  }

  @Test
  void refusesAPrunedFileForAModelOfOtherSize() throws IOException {
    try (Scope scope = Scope.open();
        WanTransformer model = TinyWan.create(1, DEVICE);
        SafeTensors file = file(WanWeights.named(model, WanWeights.ORIGINAL))) {
      WanConfig other = TinyWan.CONFIG.withFfn(24);
      assertEquals(2 * 3, WanWeights.compare(file, other).mismatched().size());
      String message = assertThrows(ModelFormatException.class, () -> WanWeights.load(file, other, DEVICE)).getMessage();
      assertTrue(message.contains("blocks.0.ffn.0.weight: shape [28, 20] in the file; the model has [24, 20]"), message);
    }
  }

  @Test
  void refusesAFileThatIsNoTransformer() throws IOException {
    try (Scope scope = Scope.open(); SafeTensors file = file(Map.of("conv1.weight", Tensor.scalar(1)))) {
      String message = assertThrows(ModelFormatException.class, () -> WanWeights.load(file, DEVICE)).getMessage();
      assertTrue(message.endsWith("missing blocks.0.self_attn.q.weight"), message);
    }
  }

  @Test
  void refusesHostileSizes() throws IOException {
    for (String name : List.of("head.head.weight", "blocks.0.self_attn.q.weight", "time_embedding.0.weight",
        "text_embedding.0.weight")) {
      try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, DEVICE)) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(WanWeights.named(model, WanWeights.ORIGINAL));
        tensors.put(name, Tensor.zeros(0, 1L << 40));
        try (SafeTensors file = file(tensors)) {
          assertThrows(ModelFormatException.class, () -> WanWeights.load(file, WanWeights.infer(file, 6), DEVICE), name);
        }
      }
    }
  }
}

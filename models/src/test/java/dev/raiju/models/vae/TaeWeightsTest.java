package dev.raiju.models.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.verify.GoldenConfigs;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaeWeightsTest {
  private static final Device DEVICE = Device.reference();

  @TempDir
  private Path folder;

  private SafeTensors file(Map<String, Tensor> tensors) throws IOException {
    Path path = folder.resolve("tae.safetensors");
    SafeTensors.write(path, tensors, Map.of());
    return SafeTensors.open(path);
  }

  @Test
  void readsTheLayersOfAnyAutoencoder() throws IOException {
    for (TaeConfig config : List.of(TaeTest.CONFIG, TaeConfig.SMALL)) {
      try (Tae tae = TaeTest.tae(config, DEVICE);
          SafeTensors file = file(TaeWeights.named(tae));
          Tae loaded = TaeWeights.load(file, DEVICE);
          TaeDecoder decoder = TaeWeights.loadDecoder(file, DEVICE)) {
        assertEquals(config, loaded.config());
        tae.parameters().forEach((name, t) -> assertArrayEquals(t.toFloats(), loaded.parameters().get(name).toFloats(), name));
        tae.decoder().parameters().forEach((name, t) -> assertArrayEquals(t.toFloats(), decoder.parameters().get(name).toFloats(),
            name));
        assertEquals(config.patch(), decoder.patch());
      }
    }
  }

  @Test
  void namesTheLayersAsPublished() throws IOException {
    try (GoldenFile golden = Goldens.open("taehv", DEVICE)) {
      TaeConfig config = TaeWeights.infer(golden.weights("w."));
      assertEquals(GoldenConfigs.tae(golden.config()), config);
      assertTrue(TaeWeights.compare(golden.weights("w."), config).isFull());
    }
    try (Tae tae = Tae.create(TaeConfig.TAEW2_1, Initializer.shapes(DEVICE))) {
      Map<String, Tensor> named = TaeWeights.named(tae);
      assertEquals(List.of(256L, 128L, 1L, 1L), sizes(named.get("decoder.13.conv.weight")));
      assertEquals(List.of(256L, 512L, 3L, 3L), sizes(named.get("decoder.3.conv.0.weight")));
      assertEquals(List.of(128L, 64L, 1L, 1L), sizes(named.get("decoder.19.conv.weight")));
      assertTrue(named.containsKey("encoder.17.bias") && named.containsKey("decoder.22.bias"));
      assertFalse(named.containsKey("decoder.20.bias"));
    }
  }

  private static List<Long> sizes(Tensor t) { return Arrays.stream(t.shape().sizes()).boxed().toList(); }

  @Test
  void takesTheLastRowsOfAWiderLevel() throws IOException {
    try (Scope scope = Scope.open(); Tae tae = TaeTest.tae(TaeTest.CONFIG, DEVICE)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(TaeWeights.named(tae));
      // the first level of the decoder makes one frame of one; here it was trained to make two
      Tensor grow = tae.decoder().levels().getFirst().grow().weight();
      String name = TaeWeights.names(TaeTest.CONFIG).theirs(TaeWeights.ORIGINAL, "decoder.levels.0.grow.weight");
      tensors.put(name, Tensor.concat(0, Rng.of(5).normal(DEVICE, 7, 7, 1, 1), grow));
      try (SafeTensors file = file(tensors)) {
        assertEquals(TaeTest.CONFIG, TaeWeights.infer(file));
        try (Tae loaded = TaeWeights.load(file, DEVICE); TaeDecoder decoder = TaeWeights.loadDecoder(file, DEVICE)) {
          assertArrayEquals(grow.toFloats(), loaded.decoder().levels().getFirst().grow().weight().toFloats());
          assertArrayEquals(grow.toFloats(), decoder.levels().getFirst().grow().weight().toFloats());
        }
      }
    }
  }

  @Test
  void refusesOtherFiles() throws IOException {
    try (Tae tae = TaeTest.tae(TaeTest.CONFIG, DEVICE)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(TaeWeights.named(tae));
      tensors.remove("decoder.1.weight");
      try (SafeTensors file = file(tensors)) {
        String message = assertThrows(ModelFormatException.class, () -> TaeWeights.load(file, DEVICE)).getMessage();
        assertTrue(message.contains("missing decoder.1.weight"), message);
        assertThrows(ModelFormatException.class, () -> TaeWeights.loadDecoder(file, DEVICE));
      }
    }
    try (SafeTensors file = file(Map.of("conv.weight", Tensor.scalar(1)))) {
      assertThrows(ModelFormatException.class, () -> TaeWeights.load(file, DEVICE));
      assertThrows(ModelFormatException.class, () -> TaeWeights.loadDecoder(file, DEVICE));
    }
  }
}

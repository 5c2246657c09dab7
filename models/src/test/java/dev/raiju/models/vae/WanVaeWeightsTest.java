package dev.raiju.models.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LoadReport;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WanVaeWeightsTest {
  private static final Device DEVICE = Device.named("cpu");

  @TempDir
  private Path folder;

  private SafeTensors file(Map<String, Tensor> tensors) throws IOException {
    Path path = folder.resolve("vae.safetensors");
    SafeTensors.write(path, tensors, Map.of());
    return SafeTensors.open(path);
  }

  private static Map<String, Tensor> prefixed(String prefix, Map<String, Tensor> tensors) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, t) -> renamed.put(prefix + name, t));
    return renamed;
  }

  @ParameterizedTest
  @CsvSource({"original, ''", "original, model.", "diffusers, ''", "diffusers, vae."})
  void readsEveryNaming(String naming, String prefix) throws IOException {
    try (Scope scope = Scope.open();
        WanVae vae = WanVaeTest.vae(WanVaeTest.NARROW, DEVICE);
        SafeTensors file = file(prefixed(prefix, WanVaeWeights.named(vae, naming)));
        WanVae loaded = WanVaeWeights.load(file, DEVICE);
        WanVaeDecoder decoder = WanVaeWeights.loadDecoder(file, WanVaeTest.NARROW, DEVICE);
        WanVaeEncoder encoder = WanVaeWeights.loadEncoder(file, WanVaeTest.NARROW, DEVICE)) {
      assertEquals(WanVaeTest.NARROW, loaded.config());
      vae.parameters().forEach((name, t) -> assertArrayEquals(t.toFloats(), loaded.parameters().get(name).toFloats(), name));
      Tensor frames = Rng.of(2).uniform(DEVICE, 1, 3, 5, 16, 8);
      Tensor latent = vae.encode(frames);
      assertArrayEquals(latent.toFloats(), encoder.encode(frames).toFloats());
      assertArrayEquals(vae.decode(latent).toFloats(), decoder.decode(latent).toFloats());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"wan_vae_encode", "wan_vae_decode"})
  void knowsEveryNameOfThePublishedFiles(String kind) throws IOException {
    try (GoldenFile golden = Goldens.open(kind, DEVICE)) {
      WanVaeConfig config = WanVaeWeights.infer(golden.weights("w."));
      assertEquals(WanVaeConfigs.read(golden.config()), config);
      LoadReport report = WanVaeWeights.compare(golden.weights("w."), config);
      assertEquals(List.of(), report.unexpected());
      assertEquals(List.of(), report.mismatched());
      Set<String> half = new HashSet<>(report.loaded());
      String ours = kind.endsWith("encode") ? "encoder." : "decoder.";
      try (WanVae vae = WanVae.create(config, Initializer.shapes(DEVICE))) {
        vae.parameters().keySet().stream().filter(name -> name.startsWith(ours)).forEach(name -> assertTrue(half.remove(
            WanVaeWeights.names(config).theirs(WanVaeWeights.ORIGINAL, name)), name));
      }
      assertEquals(Set.of(), half);
    }
  }

  /// Names as the diffusers library has them in its files; written down from its documentation.
  @Test
  void namesLayersAsDiffusersDoes() {
    try (WanVae vae = WanVae.create(WanVaeConfig.WAN_2_1, Initializer.shapes(DEVICE))) {
      Map<String, Tensor> named = WanVaeWeights.named(vae, WanVaeWeights.DIFFUSERS);
      assertEquals(vae.parameters().size(), named.size());
      for (String name : List.of("encoder.conv_in.weight", "encoder.down_blocks.0.norm1.gamma",
          "encoder.down_blocks.2.resample.1.weight", "encoder.down_blocks.3.conv_shortcut.bias",
          "encoder.down_blocks.5.time_conv.weight", "encoder.down_blocks.10.conv2.bias",
          "encoder.mid_block.resnets.1.norm2.gamma",
          "encoder.mid_block.attentions.0.to_qkv.weight", "encoder.norm_out.gamma", "encoder.conv_out.bias", "quant_conv.weight",
          "post_quant_conv.bias", "decoder.up_blocks.0.resnets.2.conv1.weight", "decoder.up_blocks.0.upsamplers.0.time_conv.bias",
          "decoder.up_blocks.1.resnets.0.conv_shortcut.weight", "decoder.up_blocks.2.upsamplers.0.resample.1.weight",
          "decoder.up_blocks.3.resnets.2.norm2.gamma", "decoder.conv_out.weight")) {
        assertTrue(named.containsKey(name), name);
      }
      assertFalse(named.containsKey("decoder.up_blocks.2.upsamplers.0.time_conv.bias"));
      assertEquals(List.of(768L, 384L, 3L, 1L, 1L), Arrays.stream(named.get(
          "decoder.up_blocks.0.upsamplers.0.time_conv.weight").shape().sizes()).boxed().toList());
    }
  }

  @Test
  void refusesAnotherAutoencoder() throws IOException {
    try (Scope scope = Scope.open(); WanVae vae = WanVaeTest.vae(WanVaeTest.NARROW, DEVICE)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(WanVaeWeights.named(vae, WanVaeWeights.ORIGINAL));
      try (SafeTensors file = file(tensors)) {
        String wrong = assertThrows(ModelFormatException.class, () -> WanVaeWeights.load(file, WanVaeConfig.WAN_2_1, DEVICE))
            .getMessage();
        assertTrue(wrong.contains("shape [4, 3, 3, 3, 3] in the file; the model has [96, 3, 3, 3, 3]"), wrong);
      }
      tensors.put("decoder.conv_1.weight", tensors.remove("decoder.conv1.weight"));
      try (SafeTensors file = file(tensors)) {
        String missing = assertThrows(ModelFormatException.class, () -> WanVaeWeights.load(file, WanVaeTest.NARROW, DEVICE))
            .getMessage();
        assertTrue(missing.contains("missing decoder.conv1.weight; did you mean decoder.conv_1.weight"), missing);
      }
    }
    try (Scope scope = Scope.open();
        WanVae vae = WanVaeTest.vae(WanVaeTest.CONFIG, DEVICE);
        SafeTensors file = file(WanVaeWeights.named(vae, WanVaeWeights.DIFFUSERS))) {
      String scale = assertThrows(ModelFormatException.class, () -> WanVaeWeights.load(file, DEVICE)).getMessage();
      assertTrue(scale.endsWith("5 latent channels; their scale is not in the file, give the configuration"), scale);
      WanVaeWeights.load(file, WanVaeTest.CONFIG, DEVICE).close();
    }
    try (SafeTensors file = file(Map.of("conv.weight", Tensor.scalar(1)))) {
      assertThrows(ModelFormatException.class, () -> WanVaeWeights.load(file, DEVICE));
    }
  }

  @Test
  void configurationsComeBack() throws IOException {
    for (WanVaeConfig config : List.of(WanVaeConfig.WAN_2_1, WanVaeTest.CONFIG)) {
      assertEquals(config, WanVaeConfigs.read(Fields.of("config.json", Json.parse("config.json", WanVaeConfigs.write(config)
          .pretty()))));
    }
    Fields other = Fields.of("config.json", WanVaeConfigs.write(WanVaeConfig.WAN_2_1).with("is_residual", true));
    assertTrue(assertThrows(ModelFormatException.class, () -> WanVaeConfigs.read(other)).getMessage().contains("is_residual"));
  }
}

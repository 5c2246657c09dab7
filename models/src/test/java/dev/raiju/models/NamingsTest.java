package dev.raiju.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.LoadReport;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The same model under the names of every tool: read, it is the same model, and written again under any other, too.
class NamingsTest {
  private static final Device CPU = Device.named("cpu");

  @TempDir
  private Path folder;

  private SafeTensors file(String prefix, Map<String, Tensor> tensors) throws IOException {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, t) -> renamed.put(prefix + name, t));
    Path path = folder.resolve("model.safetensors");
    SafeTensors.write(path, renamed, Map.of());
    return SafeTensors.open(path);
  }

  private static void assertSame(Map<String, Tensor> expected, Map<String, Tensor> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, t) -> assertArrayEquals(t.toFloats(), actual.get(name).toFloats(), name));
  }

  @ParameterizedTest
  @CsvSource({"original, ''", "original, model.diffusion_model.", "original, diffusion_model.", "diffusers, ''",
    "diffusers, transformer.", "diffusers, model."})
  void transformers(String naming, String prefix) throws IOException {
    try (GoldenFile golden = Goldens.open("wan_dit", CPU);
        Scope scope = Scope.open();
        WanTransformer model = GoldenModels.wan(golden, "w.");
        TensorFile file = file(prefix, WanWeights.named(model, naming))) {
      WanConfig inferred = WanWeights.infer(file, 20);
      LoadReport report = WanWeights.compare(file, inferred);
      assertTrue(report.isFull(), report::toString);
      assertEquals(naming, report.naming());
      try (WanTransformer loaded = WanWeights.load(file, inferred, CPU)) {
        for (String other : WanWeights.names().namings()) {
          assertSame(WanWeights.named(model, other), WanWeights.named(loaded, other));
        }
        assertArrayEquals(model.forward(golden.tensor("in.x"), golden.tensor("in.t"), golden.tensor("in.context")).toFloats(),
            loaded.forward(golden.tensor("in.x"), golden.tensor("in.t"), golden.tensor("in.context")).toFloats());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"original, ''", "huggingface, ''", "huggingface, text_encoder.", "gguf, ''"})
  void textEncoders(String naming, String prefix) throws IOException {
    try (GoldenFile golden = Goldens.open("umt5", CPU);
        Scope scope = Scope.open();
        Umt5Encoder model = GoldenModels.umt5(golden);
        TensorFile file = file(prefix, Umt5Weights.named(model, naming));
        Umt5Encoder loaded = Umt5Weights.load(file, CPU)) {
      assertEquals(naming, Umt5Weights.compare(file, loaded.config()).naming());
      for (String other : Umt5Weights.names().namings()) {
        assertSame(Umt5Weights.named(model, other), Umt5Weights.named(loaded, other));
      }
      List<int[]> text = List.of(new int[] {5, 9, 4, 1});
      assertArrayEquals(model.context(text, 8).toFloats(), loaded.context(text, 8).toFloats());
    }
  }

  /// Names in files of llama.cpp, as its table of tensor names has them.
  @Test
  void textEncodersAreNamedAsLlamaCppDoes() throws IOException {
    try (GoldenFile golden = Goldens.open("umt5", CPU); Umt5Encoder model = GoldenModels.umt5(golden)) {
      Set<String> names = Umt5Weights.named(model, Umt5Weights.GGUF).keySet();
      assertTrue(names.containsAll(List.of("token_embd.weight", "enc.blk.0.attn_norm.weight", "enc.blk.0.attn_q.weight",
          "enc.blk.1.attn_k.weight", "enc.blk.1.attn_v.weight", "enc.blk.2.attn_o.weight", "enc.blk.2.attn_rel_b.weight",
          "enc.blk.0.ffn_norm.weight", "enc.blk.0.ffn_gate.weight", "enc.blk.0.ffn_up.weight", "enc.blk.0.ffn_down.weight",
          "enc.output_norm.weight")), names::toString);
    }
  }

  /// GGUF has four axes at most: the patch embedding, of five, comes folded.
  @Test
  void aTensorOfFiveAxesMayComeFolded() throws IOException {
    try (GoldenFile golden = Goldens.open("wan_dit", CPU);
        Scope scope = Scope.open();
        WanTransformer model = GoldenModels.wan(golden, "w.")) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(WanWeights.named(model, WanWeights.ORIGINAL));
      tensors.computeIfPresent("patch_embedding.weight", (_, t) -> t.reshape(t.size(0), -1, 2, 2));
      try (TensorFile file = file("", tensors); WanTransformer loaded = WanWeights.load(file, WanWeights.infer(file, 20), CPU)) {
        assertSame(model.parameters(), loaded.parameters());
      }
      tensors.computeIfPresent("patch_embedding.weight", (_, t) -> t.reshape(8, -1));
      try (TensorFile file = file("", tensors)) {
        assertThrows(ModelFormatException.class, () -> WanWeights.load(file, model.config(), CPU));
      }
    }
  }

  @Test
  void aFileOfTheWrongModelIsRefusedWithCounts() throws IOException {
    try (GoldenFile golden = Goldens.open("umt5", CPU);
        Scope scope = Scope.open();
        Umt5Encoder model = GoldenModels.umt5(golden)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(Umt5Weights.named(model, Umt5Weights.HUGGING_FACE));
      tensors.put("encoder.final_layernorm.weight", tensors.remove("encoder.final_layer_norm.weight"));
      tensors.computeIfPresent("encoder.block.0.layer.0.SelfAttention.k.weight", (_, t) -> t.slice(0, 0, 2));
      try (TensorFile file = file("", tensors)) {
        String message = assertThrows(ModelFormatException.class, () -> Umt5Weights.load(file, CPU)).getMessage();
        assertTrue(message.contains("huggingface names: loaded " + (tensors.size() - 2) + ", missing 1, unexpected 1, wrong 1: "
            + "encoder.block.0.layer.0.SelfAttention.k.weight: shape [2, "), message);
        assertTrue(message.contains("missing encoder.final_layer_norm.weight; did you mean encoder.final_layernorm.weight?; "
            + "unexpected encoder.final_layernorm.weight"), message);
      }
    }
  }

  /// The configuration in Wan's own repository.
  @Test
  void readsThePublishedConfiguration() throws IOException {
    String text = """
        {"_class_name": "WanModel", "_diffusers_version": "0.30.0", "dim": 1536, "eps": 1e-06, "ffn_dim": 8960, "freq_dim": 256,
         "in_dim": 16, "model_type": "t2v", "num_heads": 12, "num_layers": 30, "out_dim": 16, "text_len": 512}
        """;
    assertEquals(WanConfig.WAN_1_3B, WanConfigs.read(Fields.of("config.json", Json.parse("config.json", text))));
    Fields images = Fields.of("config.json", Json.parse("config.json", text.replace("t2v", "i2v")));
    assertThrows(ModelFormatException.class, () -> WanConfigs.read(images));
  }
}

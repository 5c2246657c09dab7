package dev.raiju.models.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Quantize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraFileTest {
  private static final Device CPU = Device.named("cpu");
  private static final int RANK = 3;
  /// Our names, and those of the original and of diffusers.
  private static final List<List<String>> LAYERS = List.of(
      List.of("blocks.1.selfAttention.query.weight", "blocks.1.self_attn.q", "blocks.1.attn1.to_q"),
      List.of("blocks.0.crossAttention.output.weight", "blocks.0.cross_attn.o", "blocks.0.attn2.to_out.0"),
      List.of("blocks.2.feedForward.up.weight", "blocks.2.ffn.0", "blocks.2.ffn.net.0.proj"),
      List.of("blocks.2.feedForward.down.weight", "blocks.2.ffn.2", "blocks.2.ffn.net.2"),
      List.of("text.up.weight", "text_embedding.0", "condition_embedder.text_embedder.linear_1"));

  @TempDir
  private Path folder;

  private Path write(Map<String, Tensor> tensors) throws IOException {
    Path path = folder.resolve("lora.safetensors");
    SafeTensors.write(path, tensors, Map.of());
    return path;
  }

  private static WanTransformer model() throws IOException {
    try (GoldenFile golden = Goldens.open("wan_dit", CPU)) {
      return GoldenModels.wan(golden, "w.");
    }
  }

  private static Tensor draw(int seed, long... sizes) { return Rng.of(seed).normal(CPU, sizes); }

  /// Tensors of every layer, their names made by `prefix`, the layer's name and the endings.
  private static Map<String, Tensor> tensors(WanTransformer model, String prefix, int naming, boolean flat, String down,
      String up, boolean alpha) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < LAYERS.size(); i++) {
      Tensor weight = model.parameters().get(LAYERS.get(i).getFirst());
      String layer = LAYERS.get(i).get(naming);
      String name = prefix + (flat ? layer.replace('.', '_') : layer);
      tensors.put(name + down, draw(2 * i, RANK, weight.size(1)));
      tensors.put(name + up, draw(2 * i + 1, weight.size(0), RANK));
      if (alpha) tensors.put(name + ".alpha", Tensor.scalar(2));
    }
    return tensors;
  }

  /// `w + scale · up · down`, by loops in f64.
  private static float[] expected(float[] weight, float[] down, float[] up, double scale) {
    int in = down.length / RANK;
    float[] sum = new float[weight.length];
    for (int o = 0; o < weight.length / in; o++) {
      for (int i = 0; i < in; i++) {
        double change = 0;
        for (int r = 0; r < RANK; r++) change += (double) up[o * RANK + r] * down[r * in + i];
        sum[o * in + i] = (float) (weight[o * in + i] + scale * change);
      }
    }
    return sum;
  }

  @ParameterizedTest
  @CsvSource({"base_model.model., 1, false, .lora_A.weight, .lora_B.weight, false",
    "diffusion_model., 1, false, .lora_A.weight, .lora_B.weight, true",
    "transformer., 2, false, .lora_A.default.weight, .lora_B.default.weight, false",
    "'', 2, false, .lora_down.weight, .lora_up.weight, false", "lora_unet_, 1, true, .lora_down.weight, .lora_up.weight, true",
    "lora_unet_, 2, true, .lora_down.weight, .lora_up.weight, true"})
  void mergesEveryNaming(String prefix, int naming, boolean flat, String down, String up, boolean alpha) throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = model()) {
      Path path = write(tensors(model, prefix, naming, flat, down, up, alpha));
      double scale = 0.5 * (alpha ? 2.0 / RANK : 1);
      try (WanTransformer merged = LoraFile.open(path).merged(model, WanWeights.names(), 0.5)) {
        for (int i = 0; i < LAYERS.size(); i++) {
          String name = LAYERS.get(i).getFirst();
          Tensor before = model.parameters().get(name);
          float[] wanted = expected(before.toFloats(), draw(2 * i, RANK, before.size(1)).toFloats(), draw(2 * i + 1, before.size(
              0), RANK).toFloats(), scale);
          assertArrayEquals(wanted, merged.parameters().get(name).toFloats(), 1e-5f, name);
        }
        assertEquals(model.parameters().keySet(), merged.parameters().keySet());
        String other = "blocks.0.selfAttention.query.weight";
        assertArrayEquals(model.parameters().get(other).toFloats(), merged.parameters().get(other).toFloats());
      }
    }
  }

  @Test
  void ridingGivesWhatMergingDoes() throws IOException {
    long before = HostMemory.liveBuffers();
    try (Scope scope = Scope.open(); WanTransformer model = model()) {
      Path path = write(tensors(model, "diffusion_model.", 1, false, ".lora_A.weight", ".lora_B.weight", false));
      LoraFile lora = LoraFile.open(path);
      try (GoldenFile golden = Goldens.open("wan_dit", CPU);
          WanTransformer merged = lora.merged(model, WanWeights.names(), 0.1);
          WanTransformer riding = lora.riding(model, WanWeights.names(), 0.1);
          WanTransformer copy = riding.copy()) {
        Tensor x = golden.tensor("in.x");
        Tensor t = golden.tensor("in.t");
        Tensor context = golden.tensor("in.context");
        float[] wanted = merged.forward(x, t, context).toFloats();
        assertArrayEquals(wanted, riding.forward(x, t, context).toFloats(), 2e-4f);
        assertArrayEquals(riding.forward(x, t, context).toFloats(), copy.forward(x, t, context).toFloats());
        float[] without = model.forward(x, t, context).toFloats();
        double change = 0;
        for (int i = 0; i < wanted.length; i++) change = Math.max(change, Math.abs(wanted[i] - without[i]));
        assertTrue(change > 0.01, "the changes do something: " + change);
        assertThrows(IllegalArgumentException.class, () -> lora.riding(riding, WanWeights.names(), 1));
      }
    }
    assertEquals(before, HostMemory.liveBuffers());
  }

  @Test
  void keepsTheTypeOfTheWeight() {
    try (Scope scope = Scope.open(); LowRank change = new LowRank(draw(1, RANK, 64).alias(), draw(2, 8, RANK).alias(), 0.3)) {
      Tensor weight = draw(3, 8, 64);
      float[] wanted = expected(weight.toFloats(), draw(1, RANK, 64).toFloats(), draw(2, 8, RANK).toFloats(), 0.3);
      Tensor narrow = change.merged(weight.to(DType.BF16));
      assertEquals(DType.BF16, narrow.dtype());
      assertArrayEquals(wanted, narrow.to(DType.F32).toFloats(), 0.05f);
      DType blocks = DType.Q8_G32;
      Tensor quantized = change.merged(Quantize.quantize(weight, blocks));
      assertEquals(blocks, quantized.dtype());
      assertArrayEquals(wanted, Dequantize.dequantize(quantized, DType.F32).toFloats(), 0.1f);
    }
  }

  @Test
  void takesAlphaFromTheConfigurationOfPeft() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = model()) {
      write(tensors(model, "base_model.model.", 1, false, ".lora_A.weight", ".lora_B.weight", false));
      Files.move(folder.resolve("lora.safetensors"), folder.resolve("adapter_model.safetensors"));
      Files.writeString(folder.resolve("adapter_config.json"), "{\"lora_alpha\": 6, \"r\": 3}");
      String name = LAYERS.getFirst().getFirst();
      Tensor before = model.parameters().get(name);
      try (WanTransformer merged = LoraFile.open(folder).merged(model, WanWeights.names(), 1)) {
        assertArrayEquals(expected(before.toFloats(), draw(0, RANK, before.size(1)).toFloats(), draw(1, before.size(0), RANK)
            .toFloats(), 2), merged.parameters().get(name).toFloats(), 1e-5f);
      }
    }
  }

  private String problem(WanTransformer model, Map<String, Tensor> tensors) throws IOException {
    Path path = write(tensors);
    long before = HostMemory.liveBuffers();
    String message = assertThrows(ModelFormatException.class, () -> LoraFile.open(path).merged(model, WanWeights.names(), 1))
        .getMessage();
    assertEquals(before, HostMemory.liveBuffers());
    return message.substring(message.indexOf("safetensors: ") + 13);
  }

  @Test
  void listsWhatItDoesNotKnow() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = model()) {
      Map<String, Tensor> tensors = tensors(model, "diffusion_model.", 1, false, ".lora_A.weight", ".lora_B.weight", false);
      tensors.put("diffusion_model.blocks.0.img_attn.k.lora_A.weight", draw(1, 3, 4));
      tensors.put("diffusion_model.blocks.0.norm7.diff_b", draw(1, 3));
      assertEquals("2 of 12 names belong to no layer of the model: diffusion_model.blocks.0.img_attn.k.lora_A.weight, "
          + "diffusion_model.blocks.0.norm7.diff_b", problem(model, tensors));
    }
  }

  /// Beside those of low rank, and on what is no product too.
  @ParameterizedTest
  @CsvSource({"diffusion_model., false", "lora_unet_, true"})
  void addsWholeChanges(String prefix, boolean flat) throws IOException {
    String q = flat ? "blocks_1_self_attn_q" : "blocks.1.self_attn.q";
    String norm = flat ? "blocks_0_norm3" : "blocks.0.norm3";
    String modulation = flat ? "blocks_2_modulation" : "blocks.2.modulation";
    long before = HostMemory.liveBuffers();
    try (Scope scope = Scope.open(); WanTransformer model = model()) {
      Map<String, Tensor> changes = Map.of(prefix + q + ".diff", draw(1, 60, 60), prefix + q + ".diff_b", draw(2, 60), prefix
          + norm
          + ".diff", draw(3, 60), prefix + modulation + ".diff", draw(4, 1, 6, 60), prefix + q + ".lora_down.weight", draw(5,
              RANK,
              60), prefix + q + ".lora_up.weight", draw(6, 60, RANK));
      LoraFile file = LoraFile.open(write(changes));
      try (WanTransformer merged = file.merged(model, WanWeights.names(), 0.5);
          WanTransformer riding = file.riding(model, WanWeights.names(), 0.5)) {
        String weight = "blocks.1.selfAttention.query.weight";
        float[] sum = sum(model, weight, draw(1, 60, 60));
        assertArrayEquals(expected(sum, draw(5, RANK, 60).toFloats(), draw(6, 60, RANK).toFloats(), 0.5), merged.parameters().get(
            weight).toFloats(), 1e-5f);
        // what rides is beside the weight
        assertArrayEquals(sum, riding.parameters().get(weight).toFloats(), 1e-6f);
        for (WanTransformer changed : List.of(merged, riding)) {
          check(model, changed, "blocks.1.selfAttention.query.bias", draw(2, 60));
          check(model, changed, "blocks.0.crossNorm.weight", draw(3, 60));
          check(model, changed, "blocks.2.modulation", draw(4, 1, 6, 60));
          assertArrayEquals(model.parameters().get("blocks.2.crossNorm.weight").toFloats(), changed.parameters().get(
              "blocks.2.crossNorm.weight").toFloats());
        }
      }
      assertEquals("lora_unet_blocks_0_norm3.diff: shape [61]; the model has [60]", problem(model, Map.of(
          "lora_unet_blocks_0_norm3.diff", draw(3, 61))));
    }
    assertEquals(before, HostMemory.liveBuffers());
  }

  private static float[] sum(WanTransformer model, String name, Tensor change) {
    float[] values = model.parameters().get(name).toFloats();
    float[] more = change.toFloats();
    for (int i = 0; i < values.length; i++) values[i] += 0.5f * more[i];
    return values;
  }

  private static void check(WanTransformer model, WanTransformer changed, String name, Tensor change) {
    assertArrayEquals(sum(model, name, change), changed.parameters().get(name).toFloats(), 1e-6f, name);
  }

  @Test
  void saysWhichShapeIsWrong() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = model()) {
      String q = "lora_unet_blocks_0_self_attn_q";
      assertEquals(q
          + ".lora_down.weight: shape [3, 61], and up [60, 3]; the layer has [60, 60], which needs [rank, 60] and [60, "
          + "rank]", problem(model, Map.of(q + ".lora_down.weight", draw(1, 3, 61), q + ".lora_up.weight", draw(2, 60, 3))));
      assertEquals(q
          + ".lora_down.weight: shape [4, 60], and up [60, 3]; the layer has [60, 60], which needs [rank, 60] and [60, "
          + "rank]", problem(model, Map.of(q + ".lora_down.weight", draw(1, 4, 60), q + ".lora_up.weight", draw(2, 60, 3))));
      assertEquals(q + ".lora_up.weight: half of a change; needs one tensor down and one up", problem(model, Map.of(q
          + ".lora_up.weight", draw(2, 60, 3))));
      assertEquals(q + ".alpha: shape [2]; needs one finite number", problem(model, Map.of(q + ".lora_down.weight", draw(1, 3,
          60), q + ".lora_up.weight", draw(2, 60, 3), q + ".alpha", draw(1, 2))));
    }
  }
}

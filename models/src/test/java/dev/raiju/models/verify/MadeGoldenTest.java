package dev.raiju.models.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Golden files of drawn sizes, made here with the reference device: the backend must agree with them, and a copy with one value
/// changed must be found out.
class MadeGoldenTest {
  private static final Device REFERENCE = Device.reference();

  @TempDir
  private Path folder;

  private void write(String kind, Json.Obj config, Map<String, Tensor> weights, Map<String, Tensor> others) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>(others);
    weights.forEach((name, t) -> tensors.put("w." + name, t));
    SafeTensors.write(folder.resolve(kind + ".safetensors"), tensors, Map.of("file", kind, "config", config.pretty()));
  }

  private void check(String kind) {
    Goldens.devices().forEach(device -> {
      VerifyResult result = Verifier.installed().verify(folder.resolve(kind + ".safetensors"), device);
      assertTrue(result.passed(), result::toString);
    });
  }

  /// One element more than the tolerance away, in place of a tensor of the file on which `kind` rests.
  private void spoil(String kind, String sibling, String tensor) throws IOException {
    Path path = folder.resolve(sibling + ".safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> metadata;
    try (Scope scope = Scope.open()) {
      try (SafeTensors file = SafeTensors.open(path)) {
        for (String name : file.entries().keySet()) tensors.put(name, file.tensor(name, REFERENCE).copy());
        metadata = file.metadata();
      }
      tensors.computeIfPresent(tensor, (_, t) -> {
        float[] values = t.toFloats();
        values[values.length / 2] += 0.01f;
        return Tensor.of(values, t.shape().sizes()).to(REFERENCE);
      });
      SafeTensors.write(path, tensors, metadata);
    }
    VerifyResult result = Verifier.installed().verify(folder.resolve(kind + ".safetensors"), Device.named("cpu"));
    assertFalse(result.passed(), result::toString);
    assertEquals(tensor, result.firstFailure().orElseThrow().name());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void transformersOfDrawnSizes(long seed) throws IOException {
    Rng rng = Rng.of(seed);
    int heads = 1 + rng.nextInt(3);
    int headWidth = 6 + 2 * rng.nextInt(6);
    int layers = 1 + rng.nextInt(3);
    int text = 3 + rng.nextInt(9);
    int textDim = 4 + rng.nextInt(20);
    int ffn = 5 + rng.nextInt(60);
    WanConfig config = new WanConfig(heads * headWidth, heads, headWidth, ffn, layers, textDim, text, 16, 3, 5,
        new WanConfig.Patch(
            1, 2, 2), 1e-6f, WanConfig.WAN_1_3B.ropeTheta());
    Json.Obj json = Json.object().with("batch", 2).with("cross_attn_norm", true).with("dim", config.dim()).with("eps", 1e-6).with(
        "ffn_dim", ffn).with("freq_dim", 16).with("in_dim", 3).with("num_heads", heads).with("num_layers", layers).with("out_dim",
            5).with("patch_size", Json.array(Json.of(1), Json.of(2), Json.of(2))).with("qk_norm", true).with("text_dim", textDim)
        .with("text_len", text);
    try (Scope scope = Scope.open();
        WanTransformer plain = WanTransformer.create(config, Initializer.random(rng, REFERENCE));
        WanTransformer model = plain.with(plain.parameters().values().stream().map(t -> t.add(rng.draw(Distribution.NORMAL,
            DType.F32, t.shape(), REFERENCE).mul(0.1))).toList())) {
      Tensor x = rng.normal(REFERENCE, 2, 3, 1 + rng.nextInt(3), 2 + 2 * rng.nextInt(4), 2 + 2 * rng.nextInt(4));
      Tensor t = Tensor.of(new float[] {37, 912.5f}, 2).to(REFERENCE);
      Tensor context = rng.normal(REFERENCE, 2, text, textDim);
      Map<String, Tensor> inputs = Map.of("in.x", x, "in.t", t, "in.context", context, "out.v", model.forward(x, t, context));
      write("wan_dit", json, WanWeights.named(model, WanWeights.ORIGINAL), inputs);
      write("wan_dit_diffusers", json, WanWeights.named(model, WanWeights.DIFFUSERS), Map.of());
    }
    check("wan_dit_diffusers");
    spoil("wan_dit_diffusers", "wan_dit", "out.v");
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6})
  void textEncodersOfDrawnSizes(long seed) throws IOException {
    Rng rng = Rng.of(seed);
    int heads = 1 + rng.nextInt(4);
    int headWidth = 2 + rng.nextInt(16);
    int dim = 4 + rng.nextInt(40);
    int length = 2 + rng.nextInt(30);
    int layers = 1 + rng.nextInt(3);
    Umt5Config config = new Umt5Config(50, dim, heads, headWidth, 3 + rng.nextInt(50), layers, 32, 128, 1e-6f);
    Json.Obj json = Json.object().with("dim", dim).with("dim_attn", config.innerWidth()).with("dim_ffn", config.ffn()).with("eps",
        1e-6).with("max_distance", 128).with("num_buckets", 32).with("num_heads", heads).with("num_layers", layers).with(
            "vocab_size", 50);
    int[] ids = new int[2 * length];
    int[] mask = new int[2 * length];
    int[] lengths = {length, 1 + rng.nextInt(length)};
    for (int i = 0; i < ids.length; i++) {
      mask[i] = i % length < lengths[i / length] ? 1 : 0;
      ids[i] = mask[i] * (1 + rng.nextInt(49));
    }
    try (Scope scope = Scope.open(); Umt5Encoder encoder = Umt5Encoder.create(config, Initializer.random(rng, REFERENCE))) {
      List<int[]> texts = List.of(Arrays.copyOf(ids, lengths[0]), Arrays.copyOfRange(ids, length, length
          + lengths[1]));
      Shape shape = Shape.of(2, length);
      Map<String, Tensor> inputs = Map.of("in.ids", Tensor.of(ids, shape.sizes()).to(REFERENCE), "in.mask", Tensor.of(mask, shape
          .sizes()).to(REFERENCE), "out.context_zero_padded", encoder.context(texts, length));
      write("umt5", json, Umt5Weights.named(encoder, Umt5Weights.ORIGINAL), inputs);
      write("umt5_hf", json, Umt5Weights.named(encoder, Umt5Weights.HUGGING_FACE), Map.of());
    }
    check("umt5_hf");
    spoil("umt5_hf", "umt5", "out.context_zero_padded");
  }
}

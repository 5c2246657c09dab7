package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.Goldens;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.pipeline.Progress.Part;
import dev.raiju.models.pipeline.Progress.Stage;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.models.vae.WanVaeConfigs;
import dev.raiju.models.vae.WanVaeDecoder;
import dev.raiju.models.verify.GoldenConfigs;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models as users have them on disk.
class ModelFolderTest {
  private static final Device CPU = Device.named("cpu");
  private static final Prompt PROMPT = Prompt.of("A cat runs.").seed(3).size(16, 16);

  @TempDir
  private Path folder;

  private static void write(Path file, TensorFile weights) throws IOException {
    Files.createDirectories(file.getParent());
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : weights.entries().keySet()) tensors.put(name, weights.tensor(name, CPU));
      SafeTensors.write(file, tensors, Map.of());
    }
  }

  private static void config(Path file, Json.Obj json) throws IOException { Files.writeString(file, json.pretty()); }

  /// The parts of the golden pipeline with Wan's own autoencoder, each in the place given.
  private void model(String transformer, String text, String tokenizer, String vae) throws IOException {
    config(folder.resolve("raiju.json"), TinyPipeline.FEW_STEPS.write());
    try (GoldenFile golden = Goldens.open("pipeline", CPU); GoldenFile decoder = Goldens.open("wan_vae_decode", CPU)) {
      write(folder.resolve(transformer), golden.weights("dit."));
      // no tensor shows how wide heads are
      config(folder.resolve(transformer).resolveSibling("config.json"), WanConfigs.write(GoldenConfigs.prunedWan(golden.config()
          .object("dit"))));
      write(folder.resolve(text), golden.weights("t5."));
      write(folder.resolve(vae), decoder.weights("w."));
    }
    Files.createDirectories(folder.resolve(tokenizer));
    Files.copy(TinyPipeline.tokenizerFile(), folder.resolve(tokenizer).resolve("spiece.model"));
  }

  private Clip expected() throws IOException {
    try (VideoPipeline pipeline = TinyPipeline.withWanVae(TinyPipeline.FEW_STEPS, CPU)) {
      return pipeline.generate(PROMPT, Progress.NONE);
    }
  }

  private void diffusers() throws IOException {
    model("transformer/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "tokenizer",
        "vae/diffusion_pytorch_model.safetensors");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void loadsTheLayoutOfDiffusers(boolean configured) throws IOException {
    diffusers();
    if (configured) {
      try (GoldenFile golden = Goldens.open("pipeline", CPU); GoldenFile vae = Goldens.open("wan_vae_decode", CPU)) {
        config(folder.resolve("text_encoder/config.json"), Umt5Configs.write(GoldenConfigs.umt5(golden.config().object("t5"))));
        config(folder.resolve("vae/config.json"), WanVaeConfigs.write(WanVaeConfigs.read(vae.config())));
      }
    }
    List<Part> loaded = new ArrayList<>();
    try (VideoPipeline pipeline = VideoPipeline.load(ModelFolder.open(folder), CPU, loaded::add)) {
      assertEquals(expected(), pipeline.generate(PROMPT, Progress.NONE));
    }
    assertEquals(List.of(0, 1, 2, 3, 4), loaded.stream().map(Part::done).toList());
    assertTrue(loaded.stream().allMatch(part -> part.stage() == Stage.LOAD && part.total() == 4));
  }

  @Test
  void loadsTheLayoutOfTheWanRepository() throws IOException {
    model("diffusion_pytorch_model.safetensors", "models_t5_umt5-xxl-enc-bf16.safetensors", "google/umt5-xxl",
        "Wan2.1_VAE.safetensors");
    try (VideoPipeline pipeline = VideoPipeline.load(folder, CPU)) {
      assertEquals(expected(), pipeline.generate(PROMPT, Progress.NONE));
    }
  }

  @Test
  void aTinyDecoderBesideGivesPreviews() throws IOException {
    diffusers();
    try (GoldenFile golden = Goldens.open("pipeline", CPU)) {
      write(folder.resolve("taew2_1.safetensors"), golden.weights("tae."));
    }
    List<Clip> shown = new ArrayList<>();
    try (VideoPipeline pipeline = VideoPipeline.load(folder, CPU);
        VideoPipeline tiny = TinyPipeline.open(TinyPipeline.FEW_STEPS, CPU)) {
      Clip clip = pipeline.generate(PROMPT, Progress.NONE.previewing((_, seen) -> shown.add(seen)));
      assertEquals(expected(), clip);
      assertEquals(4, shown.size());
      assertEquals(tiny.generate(PROMPT, Progress.NONE), shown.getLast());
      assertNotEquals(clip, shown.getLast());
    }
  }

  @Test
  void knowsWhichDecoderItHas() throws IOException {
    diffusers();
    try (var decoder = ModelFolder.open(folder).decoder(CPU)) {
      assertInstanceOf(WanVaeDecoder.class, decoder);
    }
    try (GoldenFile golden = Goldens.open("pipeline", CPU)) {
      write(folder.resolve("vae/diffusion_pytorch_model.safetensors"), golden.weights("tae."));
    }
    try (var decoder = ModelFolder.open(folder).decoder(CPU)) {
      assertInstanceOf(TaeDecoder.class, decoder);
    }
  }

  @Test
  void adaptersAreMerged() throws IOException {
    diffusers();
    Path lora = folder.resolve("lora.safetensors");
    String layer = "diffusion_model.blocks.0.self_attn.v";
    try (Scope scope = Scope.open()) {
      SafeTensors.write(lora, Map.of(layer + ".lora_A.weight", Rng.of(1).normal(CPU, 2, 48), layer + ".lora_B.weight", Rng.of(2)
          .normal(CPU, 32, 2)), Map.of());
    }
    ModelFolder model = ModelFolder.open(folder);
    Clip without = expected();
    try (VideoPipeline pipeline = VideoPipeline.load(model.with(new ModelFolder.Adapter(lora, 2)), CPU, Progress.NONE)) {
      assertNotEquals(without, pipeline.generate(PROMPT, Progress.NONE));
    }
    try (VideoPipeline pipeline = VideoPipeline.load(model.with(new ModelFolder.Adapter(lora, 0)), CPU, Progress.NONE)) {
      assertEquals(without, pipeline.generate(PROMPT, Progress.NONE));
    }
  }

  @Test
  void loadingStopsBetweenParts() throws IOException {
    diffusers();
    ModelFolder model = ModelFolder.open(folder);
    long buffers = HostMemory.liveBuffers();
    for (int when = 0; when < 4; when++) {
      int at = when;
      Cancellation token = new Cancellation();
      Progress progress = part -> {
        if (part.done() == at) token.cancel();
      };
      assertThrows(CancellationException.class, () -> VideoPipeline.load(model, CPU, progress.until(token)));
      assertEquals(buffers, HostMemory.liveBuffers());
    }
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    diffusers();
    Files.delete(folder.resolve("vae/diffusion_pytorch_model.safetensors"));
    Files.delete(folder.resolve("vae"));
    assertThrows(ModelFormatException.class, () -> ModelFolder.open(folder));
  }
}

package dev.raiju.models.pipeline;

import dev.raiju.models.Goldens;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.models.vae.WanVaeConfigs;
import dev.raiju.models.vae.WanVaeWeights;
import dev.raiju.models.verify.GoldenConfigs;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;

/// The whole model of the golden file `pipeline`: tokenizer, encoder, transformer and decoder, all very small.
final class TinyPipeline {
  /// As a distilled model runs.
  static final Recipe FEW_STEPS = new Recipe(Recipe.Kind.FEW_STEP, 4, 5, 1, "", 48, 32, 5, 16);
  /// As its teacher runs: two evaluations a step.
  static final Recipe GUIDED = new Recipe(Recipe.Kind.UNIPC, 3, 8, 6, "static, blurred", 48, 32, 5, 16);

  private TinyPipeline() {}

  static VideoPipeline open(Recipe recipe, Device device) throws IOException {
    try (GoldenFile golden = Goldens.open("pipeline", device)) {
      var config = golden.config();
      return VideoPipeline.of(recipe, device, tokenizer(), Umt5Weights.load(golden.weights("t5."),
          GoldenConfigs.umt5(config.object("t5")), device), WanWeights.load(golden.weights("dit."), GoldenConfigs.prunedWan(config
              .object("dit")), device), TaeWeights.loadDecoder(golden.weights("tae."), device));
    }
  }

  /// The same with Wan's own autoencoder, from the golden file of its decoder, in place of the tiny one.
  static VideoPipeline withWanVae(Recipe recipe, Device device) throws IOException {
    try (GoldenFile golden = Goldens.open("pipeline", device); GoldenFile vae = Goldens.open("wan_vae_decode", device)) {
      var config = golden.config();
      return VideoPipeline.of(recipe, device, tokenizer(), Umt5Weights.load(golden.weights("t5."),
          GoldenConfigs.umt5(config.object("t5")), device), WanWeights.load(golden.weights("dit."), GoldenConfigs.prunedWan(config
              .object("dit")), device), WanVaeWeights.loadDecoder(vae.weights("w."), WanVaeConfigs.read(vae.config()), device));
    }
  }

  static UnigramTokenizer tokenizer() throws IOException { return UnigramTokenizer.load(tokenizerFile()); }

  static Path tokenizerFile() {
    try {
      return Path.of(Goldens.class.getResource("/dev/raiju/models/text/tokenizer_tiny.model").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}

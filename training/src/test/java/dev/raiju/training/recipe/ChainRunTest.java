package dev.raiju.training.recipe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.models.vae.Tae;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.training.data.Prompts;
import dev.raiju.training.eval.Evaluation;
import dev.raiju.training.loop.History;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.loop.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole chain at sizes that take seconds: what each stage writes, and that stopping it anywhere changes nothing.
final class ChainRunTest {
  private static final String LEARNING = """
      {"rate": 1e-3, "muon_rate": 0.01, "warmup": 1, "decay": "linear", "average": 0.5}""";
  private static final String IN_BF16 = LEARNING.replace("{", "{\"compute\": \"bf16\", ");
  private static final String BATCHES = """
      {"clips": {"one_shape": 1, "two_shapes": 0, "digits": 1}, "pictures_every": 2, "pictures": 3, "noise": {"distribution": "logit-normal", "shift": 2.5}}""";
  private static final String CONFIG = """
      {
        "name": "tiny", "seed": 3, "model": "tiny", "teacher": "tiny-teacher",
        "data": {"one_shape": 2, "two_shapes": 1, "digits": 1, "pictures_part": 1, "clips": 8, "pictures": 5},
        "autoencoder": {"image_channels": 3, "patch": 4, "latent_channels": 4, "stem": 4,
          "encoder": [{"width": 4, "blocks": 1, "time": 2}, {"width": 8, "blocks": 0, "time": 2}],
          "decoder": [{"width": 8, "blocks": 1, "time": 2}, {"width": 4, "blocks": 0, "time": 2}], "last": 4},
        "text": {"vocabulary": 64, "corpus": 300, "dim": 8, "layers": 1, "heads": 2, "ffn": 8},
        "transformer": {"num_attention_heads": 3, "attention_head_dim": 8, "ffn_dim": 16, "num_layers": 2, "text_dim": 8,
          "text_length": 20, "freq_dim": 8, "in_channels": 4, "out_channels": 4, "patch_size": [1, 2, 2]},
        "stages": {
          "autoencoder": {"steps": 4, "crop_steps": 2, "crop": 32, "crop_batch": 2, "clip_batch": 1, "learning": LEARNING},
          "decoder": {"steps": 3, "clip_batch": 1, "learning": LEARNING},
          "captions": {"steps": 3, "captions": 4, "learning": LEARNING},
          "teacher": {"steps": 4, "batches": BATCHES, "learning": LEARNING},
          "prune": {"heads": 2, "ffn": 8, "samples": 32},
          "recover": {"steps": 4, "output": 1, "blocks": 1, "batches": BATCHES, "learning": LEARNING},
          "refine": {"steps": 3, "batches": BATCHES, "learning": IN_BF16},
          "distill": {"steps": 3, "critic_only": 1, "critic_updates": 2, "levels": [1, 0.5], "shift": 3, "guidance": 2,
            "scores": {"distribution": "uniform", "shift": 3, "least": 0.02, "most": 0.98}, "batches": BATCHES,
            "generator": IN_BF16, "critic": LEARNING}
        }
      }
      """.replace("LEARNING", LEARNING).replace("IN_BF16", IN_BF16).replace("BATCHES", BATCHES);

  /// Keeps the losses.
  private static final class Losses implements Trainer.Observer {
    private final List<Double> all = new ArrayList<>();

    @Override
    public void stepped(long step, long steps, Metrics metrics, History history) { all.add(metrics.loss()); }

    @Override
    public void note(String line) {}
  }

  private static Trainer.End run(Path root, String stage, Losses losses, int most) throws IOException {
    Path config = root.resolve("chain.json");
    if (!Files.exists(config)) Files.writeString(config, CONFIG);
    int before = losses.all.size();
    return new ChainRun(config, root, root.resolve("runs"), Device.best(), losses, () -> losses.all.size() - before >= most).run(
        stage);
  }

  @Test
  void stagesStoppedAnywhereGiveTheSameBits(@TempDir Path straight, @TempDir Path stopped) throws IOException {
    for (String stage : ChainRun.STAGES) {
      Losses whole = new Losses();
      assertEquals(Trainer.End.FINISHED, run(straight, stage, whole, 1000));
      Losses parts = new Losses();
      int calls = 1;
      while (run(stopped, stage, parts, calls) == Trainer.End.STOPPED) calls++;
      if (!stage.equals("prune")) assertTrue(calls >= 2, stage + " was never stopped");
      assertEquals(whole.all, parts.all, stage);
      for (Path file : weights(straight)) {
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(stopped.resolve(straight.relativize(file))), stage + ": "
            + file);
      }
    }
    // the model that came out runs at its few steps, the teacher at its many
    assertEquals(17, clip(straight.resolve("tiny"), 2).frames());
    assertEquals(17, clip(straight.resolve("tiny-teacher"), 3).frames());
    judgesWhatCameOut(straight.resolve("tiny"));
    for (String stage : List.of("autoencoder", "teacher", "distill")) {
      Path curve = straight.resolve("tiny/curves/" + stage + ".csv");
      assertEquals(Files.readString(straight.resolve("runs/tiny/" + stage + "/history.csv")), Files.readString(curve), stage);
    }
    for (String stage : List.of("teacher/sample-00000004", "recover/sample-00000004", "distill/sample-00000003")) {
      assertTrue(Files.size(straight.resolve("runs/tiny/" + stage + ".png")) > 1000, stage);
    }
  }

  /// What studies compare distillation with: the regression, the adversarial term, the printed sign, guidance as samplers have it; and
  /// a stage with named blocks, checkpoints and accumulation.
  @Test
  void optionsOfTheLaterStagesRun(@TempDir Path root) throws IOException {
    String options = CONFIG.replace("\"guidance\": 2,", "\"guidance\": 3, \"guidance_form\": \"scale\", \"printed_sign\": true, "
        + "\"regression\": 0.5, \"regression_steps\": 2, \"adversarial\": 0.1, \"normalizer\": \"batch\",").replace(
            "\"output\": 1, \"blocks\": 1,", "\"output\": 1, \"blocks\": 1, \"align\": [1], \"checkpoint\": true, "
                + "\"accumulate\": 2,");
    Files.writeString(root.resolve("chain.json"), options);
    for (String stage : ChainRun.STAGES) {
      Losses losses = new Losses();
      if (stage.equals("prune")) everyMethodOfPruningRuns(root, options);
      assertEquals(Trainer.End.FINISHED, run(root, stage, losses, 1000), stage);
      for (double loss : losses.all) assertTrue(Double.isFinite(loss), stage + " " + losses.all);
    }
    Files.writeString(root.resolve("chain.json"), options.replace("\"scale\"", "\"scales\""));
    var e = assertThrows(ModelFormatException.class, () -> run(root, "distill", new Losses(), 1));
    assertTrue(String.valueOf(e.getMessage()).endsWith("guidance_form: is scales; needs extra or scale"), e.getMessage());
  }

  /// Seen by a teacher that learns nothing: it is then still what it began with.
  @Test
  void aTeacherStartsFromWhatItIsGiven(@TempDir Path root) throws IOException {
    assertEquals(Trainer.End.FINISHED, run(root, "autoencoder", new Losses(), 1000));
    assertEquals(Trainer.End.FINISHED, run(root, "captions", new Losses(), 1000));
    assertEquals(Trainer.End.FINISHED, run(root, "teacher", new Losses(), 1000));
    Path given = Files.createDirectory(root.resolve("given"));
    Files.move(root.resolve("tiny-teacher/transformer"), given.resolve("transformer"));
    Files.writeString(root.resolve("chain.json"), CONFIG.replace("\"name\": \"tiny\"", "\"name\": \"again\"").replace(
        "\"teacher\": {\"steps\": 4,", "\"teacher\": {\"steps\": 2, \"from\": \"given\",")
        .replace("\"rate\": 1e-3, \"muon_rate\": 0.01", "\"rate\": 0"));
    assertEquals(Trainer.End.FINISHED, run(root, "teacher", new Losses(), 1000));
    assertSameTensors(given.resolve("transformer"), root.resolve("tiny-teacher/transformer"));
    assertSameTensors(root.resolve("tiny-teacher/text_encoder"), root.resolve("tiny/text_encoder"));
  }

  private static void assertSameTensors(Path expected, Path actual) throws IOException {
    try (TensorFile one = TensorFile.open(expected); TensorFile other = TensorFile.open(actual); Scope scope = Scope.open()) {
      assertEquals(one.entries().keySet(), other.entries().keySet());
      for (String name : one.entries().keySet())
        assertArrayEquals(one.tensor(name, Device.reference()).toFloats(), other.tensor(name, Device.reference()).toFloats(),
            name);
    }
  }

  @Test
  void batchesMayBecomeOthersOnTheWay(@TempDir Path plain, @TempDir Path changed) throws IOException {
    String late = "\"late\": {\"from\": 3, \"clips\": {\"one_shape\": 0, \"two_shapes\": 3, \"digits\": 0}, \"noise\": {\"distribution\": \"uniform\", "
        + "\"least\": 0.9}}";
    List<Losses> losses = List.of(new Losses(), new Losses());
    List<String> configs = List.of(CONFIG, CONFIG.replaceFirst("(?s)(\"teacher\": \\{\"steps\": 4, \"batches\": \\{)", "$1"
        + late.replace("$", "\\$") + ", "));
    for (int i = 0; i < 2; i++) {
      Path root = List.of(plain, changed).get(i);
      Files.writeString(root.resolve("chain.json"), configs.get(i));
      for (String stage : List.of("autoencoder", "captions"))
        assertEquals(Trainer.End.FINISHED, run(root, stage, new Losses(), 1000));
      assertEquals(Trainer.End.FINISHED, run(root, "teacher", losses.get(i), 1000));
    }
    List<Double> before = losses.getFirst().all;
    List<Double> after = losses.getLast().all;
    assertEquals(before.subList(0, 2), after.subList(0, 2));
    assertNotEquals(before.get(2), after.get(2));
  }

  private static void everyMethodOfPruningRuns(Path root, String options) throws IOException {
    String plain = "\"heads\": 2, \"ffn\": 8, \"samples\": 32";
    for (String method : List.of("\"layers\": 1, \"method\": \"block-influence\"",
        "\"layers\": 1, \"method\": \"learnable-mask\", "
            + "\"group\": 2, \"keep\": 1, \"mask_steps\": 3", "\"layers\": 1, \"method\": \"spaced-blocks\"", "\"heads\": 2, "
                + "\"ffn\": 8, \"method\": \"random\", \"refit\": true", "\"heads\": 2, \"ffn\": 8, \"spread\": \"global\", "
                    + "\"head_score\": \"mean-rank\", \"bias\": \"joint\", \"padding\": false")) {
      Files.writeString(root.resolve("chain.json"), options.replace(plain, method + ", \"samples\": 32"));
      assertEquals(Trainer.End.FINISHED, run(root, "prune", new Losses(), 1), method);
    }
    Files.writeString(root.resolve("chain.json"), options.replace(plain, plain + ", \"bias\": \"some\""));
    var e = assertThrows(ModelFormatException.class, () -> run(root, "prune", new Losses(), 1));
    assertTrue(String.valueOf(e.getMessage()).endsWith("bias: is some; needs one of none, added, joint"), e.getMessage());
    Files.writeString(root.resolve("chain.json"), options);
  }

  private static void judgesWhatCameOut(Path model) throws IOException {
    try (VideoPipeline pipeline = VideoPipeline.load(model, Device.best());
        Tae tae = ModelFolder.open(model).autoencoder(Device
            .best())) {
      Evaluation made = Evaluation.of(pipeline, Prompts.heldOut(3, 1), OptionalInt.empty(), _ -> {});
      assertEquals(3, made.report().all().of());
      assertEquals(0, made.report().all().right(), "a model of a few steps knows nothing");
      Evaluation again = Evaluation.of(tae, 3, 1, _ -> {});
      assertEquals(3, again.report().all().of());
      assertTrue(again.psnr() > 5 && again.psnr() < 40, "PSNR " + again.psnr());
      assertTrue(made.sheet(2, 3, 1).height() > 3 * 64);
    }
  }

  @Test
  void refusesATypeThatAStageIsNotComputedIn(@TempDir Path root) throws IOException {
    Path config = root.resolve("chain.json");
    Files.writeString(config, CONFIG.replaceFirst("\"learning\": \\{", "\"learning\": {\"compute\": \"bf16\", "));
    var autoencoder = assertThrows(ModelFormatException.class, () -> Chain.read(config));
    assertTrue(String.valueOf(autoencoder.getMessage()).endsWith(
        "learning: computes in bf16; the autoencoder needs f32"), autoencoder.getMessage());
    Files.writeString(config, CONFIG.replace("\"compute\": \"bf16\"", "\"compute\": \"i8\""));
    var unknown = assertThrows(ModelFormatException.class, () -> Chain.read(config));
    assertTrue(String.valueOf(unknown.getMessage()).endsWith("compute: is i8; needs f32, bf16 or f16"), unknown.getMessage());
  }

  @Test
  void readsTheShippedConfiguration(@TempDir Path root) {
    var e = assertThrows(IllegalArgumentException.class, () -> new ChainRun(Path.of("recipes/shapes.json"), root, root, Device
        .best(), new Losses(), () -> true).run("nothing"));
    assertTrue(String.valueOf(e.getMessage()).contains("distill"), e.getMessage());
  }

  /// The paper's numbers, as far as it gives them.
  @Test
  void readsTheConfigurationOfTheRealModel() throws IOException {
    Chain chain = Chain.read(Path.of("recipes/wan-1.3b.json"));
    assertEquals(WanConfig.WAN_1_3B, chain.transformer());
    assertEquals(WanConfig.LIGHTNING, chain.transformer().withHeads(chain.prune().heads()).withFfn(chain.prune().ffn()));
    assertTrue(chain.teach().isEmpty() && chain.autoencoder().isEmpty());
    assertEquals(List.of(10_000L, 10_000L, 4_000L), List.of(chain.recover().steps(), chain.refine().steps(), chain.distill()
        .steps()));
    Learning first = chain.recover().learning();
    assertEquals(List.of(1e-4, 0.9, 0.999), List.of(first.rate(), first.beta1(), first.beta2()));
    Learning second = chain.refine().learning();
    assertEquals(List.of(1e-4, 0.9, 0.95, 1e-15, 0.0, 0.5), List.of(second.rate(), second.beta1(), second.beta2(), second.eps(),
        second
            .weightDecay(), second.last()));
    Learning third = chain.distill().generator();
    assertEquals(List.of(1e-6, 0.0, 0.999), List.of(third.rate(), third.beta1(), third.beta2()));
    assertEquals(4, chain.distill().levels().size());
    assertEquals(5, chain.distill().criticUpdates());
    // a sum over blocks in the paper, a mean here
    assertEquals(List.of(1.0, 30.0), List.of(chain.recover().output(), chain.recover().blocks()));
  }

  @Test
  void refusesAStageThatTheChainDoesNotHave(@TempDir Path root) throws IOException {
    Files.createDirectories(root.resolve("clips"));
    Files.writeString(root.resolve("clips/a.gif"), "");
    Files.writeString(root.resolve("clips/captions.jsonl"), "{\"file\": \"a.gif\", \"text\": \"a\"}");
    Files.writeString(root.resolve("chain.json"), Files.readString(Path.of("recipes/wan-1.3b.json")));
    var e = assertThrows(IllegalArgumentException.class, () -> run(root, "teacher", new Losses(), 1));
    assertTrue(String.valueOf(e.getMessage()).startsWith("train: teacher: not in the configuration"), e.getMessage());
  }

  private static List<Path> weights(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(".safetensors") && !file.startsWith(root.resolve("runs"))).toList();
    }
  }

  private static Clip clip(Path folder, int steps) throws IOException {
    try (VideoPipeline pipeline = VideoPipeline.load(folder, Device.best())) {
      return pipeline.generate(Prompt.of("a red circle moves right").seed(1).steps(steps), Progress.NONE);
    }
  }

  @Test
  void refusesAStageWhoseInputIsNotThere(@TempDir Path root) {
    Losses losses = new Losses();
    assertThrows(IOException.class, () -> run(root, "decoder", losses, 1));
    assertThrows(IllegalArgumentException.class, () -> run(root, "bake", losses, 1));
  }

  @Test
  void refusesAMisspeltKey(@TempDir Path root) throws IOException {
    Files.writeString(root.resolve("chain.json"), CONFIG.replace("\"crop_batch\"", "\"crop_batsch\""));
    var e = assertThrows(ModelFormatException.class, () -> run(root, "autoencoder", new Losses(), 1));
    assertTrue(String.valueOf(e.getMessage()).contains("crop_batsch"), e.getMessage());
  }
}

package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Budget;
import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.pipeline.StagedPipeline;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/// Makes clips with one model, which stays in memory unless it is too large for that.
final class ClipMaker implements AutoCloseable {
  /// Where the shipped model lies in the project.
  static final String SHIPPED = "models/pretrained/shapes";

  // a model of more than this part of the machine's memory is not held whole
  private static final double LARGE = 0.5;

  private final ClipFiles files;
  private final UnigramTokenizer tokenizer;
  private final Consumer<Prompt> check;
  private final Work work;
  private final AutoCloseable parts;

  private ClipMaker(ClipFiles files, UnigramTokenizer tokenizer, Consumer<Prompt> check, Work work, AutoCloseable parts) {
    this.files = files;
    this.tokenizer = tokenizer;
    this.check = check;
    this.work = work;
    this.parts = parts;
  }

  /// Makes a clip.
  private interface Work {
    Clip make(Prompt prompt, Progress progress) throws IOException;
  }

  /// The model that the user named, or the shipped one; its weights are packed once if the machine has room for it.
  static ModelFolder model(Optional<Path> named) throws IOException {
    Path folder = named.orElseGet(() -> Raiju.root().resolve(SHIPPED));
    if (named.isEmpty() && !Files.isDirectory(folder)) {
      throw UserError.of("no model: there is no folder " + folder
          + "; name one with --model DIR, or train one with ./raiju train");
    }
    return Budget.ofMachine().packing(ModelFolder.open(folder));
  }

  /// Whether a model is too large to be in memory whole.
  static boolean isLarge(ModelFolder model) throws IOException { return model.bytes() > LARGE * Budget.machineBytes(); }

  /// Loads a model, or what is needed to load it part by part.
  static ClipMaker load(ModelFolder model, Device device, Meter meter) throws IOException {
    return load(ClipFiles.of(model, device, meter));
  }

  /// Loads the model whose clips these files are.
  static ClipMaker load(ClipFiles files) throws IOException {
    if (isLarge(files.model())) {
      StagedPipeline pipeline = StagedPipeline.of(files.model(), files.device());
      return new ClipMaker(files, pipeline.tokenizer(), pipeline::latentShape, pipeline::generate, () -> {});
    }
    VideoPipeline pipeline = VideoPipeline.load(files.model(), files.device(), files.meter());
    return new ClipMaker(files, pipeline.tokenizer(), pipeline::check, pipeline::generate, pipeline);
  }

  UnigramTokenizer tokenizer() { return tokenizer; }

  ClipFiles files() { return files; }

  /// Refuses what the model cannot do, before anything is computed.
  ///
  /// @throws IllegalArgumentException if the prompt asks for it
  void check(Prompt prompt) { check.accept(prompt); }

  /// The prompt with nothing left to the recipe.
  static Prompt complete(Prompt prompt, Recipe recipe) {
    double guidance = prompt.guidance().orElse(recipe.guidance());
    Prompt whole = prompt.steps(prompt.steps().orElse(recipe.steps())).guidance(guidance).size(prompt.width().orElse(recipe
        .width()), prompt.height().orElse(recipe.height())).frames(prompt.frames().orElse(recipe.frames())).sampler(prompt
            .sampler()
            .orElse(recipe.sampler())).shift(prompt.shift().orElse(recipe.shift()));
    return guidance == 1 || prompt.negative().isPresent() ? whole : whole.negative(recipe.negative());
  }

  Clip make(Prompt prompt) throws IOException { return make(prompt, Optional.empty()); }

  /// @param preview a file to write the clip of every step to
  Clip make(Prompt prompt, Optional<Path> preview) throws IOException {
    Clip clip = work.make(prompt, files.meter().showing(preview));
    files.meter().finish();
    return clip;
  }

  @Override
  public void close() throws Exception { parts.close(); }
}

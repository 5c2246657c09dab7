package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.text.SentencePieceModel;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.Tae;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.io.Durable;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.OwnClips;
import dev.raiju.training.eval.DigitNet;
import dev.raiju.training.eval.FeatureNet;
import dev.raiju.training.data.TextFolding;
import dev.raiju.training.data.UnigramTrainer;
import dev.raiju.training.loop.History;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.loop.Reference;
import dev.raiju.training.loop.RunDirectory;
import dev.raiju.training.loop.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Runs the stages of a chain of training, one at a time: each starts from the files that the one before wrote. The whole chain has
/// one configuration file.
public final class ChainRun {
  /// The stages in their order.
  public static final List<String> STAGES = List.of("autoencoder", "decoder", "captions", "teacher", "prune", "recover", "refine",
      "distill");

  private static final Duration SAVE_EVERY = Duration.ofMinutes(4);
  // the most whose latents are measured
  private static final int SCALE_CLIPS = 256;
  private static final int TEACHER_STEPS = 50;
  private static final int STUDENT_STEPS = 25;
  private static final int SAMPLE_STEPS = 12;
  private static final double GUIDANCE = 3;
  private static final int PROMPTS = 4;

  /// The trained network that reads digits, in the folder that a chain works in.
  private static final String READER = "training/src/main/resources/dev/raiju/training/eval/" + DigitNet.FILE;

  private static final String FEATURES = "training/src/main/resources/dev/raiju/training/eval/" + FeatureNet.FILE;
  private static final long FEATURE_STEPS = 1500;

  private final Chain chain;
  private final Optional<OwnClips> own;
  private final Footage footage;
  private final List<String> prompts;
  private final Path root;
  private final Path model;
  private final Path teacher;
  private final Path runs;
  private final ModelReader student;
  private final ModelReader whole;
  private final Device device;
  private final Trainer.Observer observer;
  private final BooleanSupplier stop;

  /// @param config the chain's JSON file
  /// @param root what the chain's folders are relative to
  /// @param runs where the states of runs and cached latents are kept
  /// @param observer hears how it goes
  /// @param stop asked before every step
  /// @throws dev.raiju.tensor.io.ModelFormatException if the configuration lacks a key, or one is unknown or makes no sense
  public ChainRun(Path config, Path root, Path runs, Device device, Trainer.Observer observer, BooleanSupplier stop)
      throws IOException {
    this.chain = Chain.read(config);
    this.own = chain.folder().isPresent() ? Optional.of(OwnClips.open(root.resolve(chain.folder().get()))) : Optional.empty();
    this.footage = footage(chain, own);
    this.prompts = own.map(clips -> clips.all().stream().map(OwnClips.Captioned::text).distinct().limit(PROMPTS).toList()).orElse(
        Samples.SHAPES);
    this.root = root;
    this.model = root.resolve(chain.model());
    this.teacher = root.resolve(chain.teacher());
    this.runs = runs.resolve(chain.name());
    this.student = new ModelReader(model, device);
    this.whole = new ModelReader(teacher, device);
    this.device = device;
    this.observer = observer;
    this.stop = stop;
  }

  /// Runs a stage, from its last saved state if there is one.
  ///
  /// @throws IllegalArgumentException if there is no such stage
  /// @throws Trainer.DivergedException if the numbers went bad for good
  public Trainer.End run(String stage) throws IOException {
    return switch (stage) {
      case "autoencoder" -> autoencoder();
      case "decoder" -> decoder();
      case "captions" -> captions();
      case "teacher" -> teacher();
      case "prune" -> prune();
      case "recover" -> student("recover", "prune", chain.recover());
      case "refine" -> student("refine", "recover", chain.refine());
      case "distill" -> distill();
      case "reader" -> reader();
      case "features" -> features();
      default -> throw new IllegalArgumentException("stage: " + stage + "; needs one of " + String.join(", ", STAGES));
    };
  }

  /// What the transformer of a chain learns from, from its beginning.
  ///
  /// @param config the chain's JSON file
  public static ClipStream examples(Path config) throws IOException {
    Chain chain = Chain.read(config);
    return latentClips(chain);
  }

  /// What latents are made of; the autoencoder learns from shapes that may be closer.
  private static ClipStream latentClips(Chain chain) {
    return ClipStream.of(chain.seed(), chain.data().mixture(), chain.data().gap());
  }

  /// Where a stage keeps its states.
  public Path directory(String stage) { return runs.resolve(stage); }

  private Trainer.End train(LearnerStage stage) throws IOException {
    try (RunDirectory directory = RunDirectory.open(directory(stage.name()))) {
      Trainer trainer = new Trainer(stage, directory, stage.steps(), SAVE_EVERY, sampling(stage, directory), normal(stage
          .name()));
      Trainer.End end = trainer.run(stop);
      if (end == Trainer.End.FINISHED) new ModelWriter(model, stage.name()).curve(trainer.history());
      return end;
    }
  }

  /// The shipped curves of a stage, where the configuration names some.
  private Reference normal(String stage) throws IOException {
    if (chain.curves().isEmpty()) return Reference.NONE;
    Path file = root.resolve(chain.curves().get()).resolve(stage + ".csv");
    return Files.exists(file) ? Reference.read(file) : Reference.NONE;
  }

  /// The observer, with a picture of what the model makes beside every state.
  private Trainer.Observer sampling(LearnerStage stage, RunDirectory directory) {
    return new Trainer.Observer() {
      @Override
      public void stepped(long step, long steps, Metrics metrics, History history) {
        observer.stepped(step, steps, metrics, history);
      }

      @Override
      public void note(String line) { observer.note(line); }

      @Override
      public void saved(long step, History history) throws IOException {
        if (step > 0) stage.sample(directory.sample(step));
        observer.saved(step, history);
      }
    };
  }

  private Samples samples(UnigramTokenizer tokenizer, Tae tae, Recipe recipe) {
    return new Samples(tokenizer, tae, recipe, device, prompts);
  }

  private static Footage footage(Chain chain, Optional<OwnClips> own) {
    return own.map(clips -> Footage.of(clips, chain.seed())).orElseGet(() -> Footage.of(ClipStream.of(chain.seed(), chain.data()
        .mixture())));
  }

  /// What digits are read with is no part of a model: it goes to the source of the checkers.
  private Trainer.End reader() throws IOException {
    Rng rng = Rng.of(chain.seed());
    try (DigitNet net = DigitNet.create(Initializer.random(rng.stream("reader weights"), device));
        ReaderStage stage = new ReaderStage(net, rng.stream("reader"), device);
        RunDirectory directory = RunDirectory.open(directory(stage.name()))) {
      Trainer.End end = new Trainer(stage, directory, stage.steps(), SAVE_EVERY, observer).run(stop);
      if (end == Trainer.End.FINISHED) stage.write(root.resolve(READER));
      return end;
    }
  }

  /// Nor is what sets of clips are compared by.
  private Trainer.End features() throws IOException {
    Rng rng = Rng.of(chain.seed()).stream("feature weights");
    try (FeatureNet net = FeatureNet.create(Initializer.random(rng, device));
        FeatureStage stage = new FeatureStage(net, chain.seed(), FEATURE_STEPS, device);
        RunDirectory directory = RunDirectory.open(directory(stage.name()))) {
      Trainer.End end = new Trainer(stage, directory, stage.steps(), SAVE_EVERY, observer).run(stop);
      if (end == Trainer.End.FINISHED) stage.write(root.resolve(FEATURES));
      return end;
    }
  }

  private Trainer.End autoencoder() throws IOException {
    Rng rng = Rng.of(chain.seed()).stream("autoencoder weights");
    try (Tae tae = Tae.create(given(chain.autoencoder(), "autoencoder"), Initializer.random(rng, device));
        AutoencoderStage stage = new AutoencoderStage("autoencoder", tae, true, given(chain.fit(), "autoencoder"), footage, chain
            .seed(), device)) {
      Trainer.End end = train(stage);
      if (end == Trainer.End.STOPPED) return end;
      stage.finish();
      int clips = Math.clamp(chain.data().clips(), LatentScale.BATCH, SCALE_CLIPS);
      Tae normalized = LatentScale.normalized(tae, LatentCache.examples(footage, false, clips));
      // beside the teacher it stays as it is: the decoder's stage goes on from there, however often it is run
      for (Path folder : List.of(teacher, model)) new ModelWriter(folder, stage.name()).autoencoder(normalized);
      return end;
    }
  }

  private Trainer.End decoder() throws IOException {
    try (Tae tae = whole.autoencoder();
        AutoencoderStage stage = new AutoencoderStage("decoder", tae, false, given(chain.decode(), "decoder"), footage, chain
            .seed(), device)) {
      Trainer.End end = train(stage);
      if (end == Trainer.End.STOPPED) return end;
      stage.finish();
      new ModelWriter(model, stage.name()).autoencoder(tae);
      return end;
    }
  }

  private static <T> T given(Optional<T> part, String stage) {
    return part.orElseThrow(() -> new IllegalArgumentException("train: " + stage
        + ": not in the configuration: this chain begins "
        + "with what is given; needs a stage that is there"));
  }

  private Trainer.End captions() throws IOException {
    CaptionStage.Config config = given(chain.captions(), "captions");
    SentencePieceModel pieces = vocabulary();
    Initializer init = Initializer.random(Rng.of(chain.seed()).stream("caption weights"), device);
    try (Umt5Encoder encoder = Umt5Encoder.create(textConfig(pieces.pieces().size()), init);
        CaptionStage stage = new CaptionStage(encoder, init, ClipStream.of(chain.seed(), chain.data().mixture()), UnigramTokenizer
            .of(pieces), chain.transformer().textLength(), config, device)) {
      Trainer.End end = train(stage);
      if (end == Trainer.End.STOPPED) return end;
      stage.finish();
      // beside the teacher it stays as it is: the teacher starts from it, however often it is run
      new ModelWriter(teacher, stage.name()).textEncoder(encoder);
      return end;
    }
  }

  private Trainer.End teacher() throws IOException {
    TeacherStage.Config config = given(chain.teach(), "teacher");
    SentencePieceModel pieces = vocabulary();
    Umt5Config sizes = textConfig(pieces.pieces().size());
    Rng rng = Rng.of(chain.seed()).stream("teacher weights");
    Initializer init = Initializer.random(rng, device);
    try (LatentCache latents = latents();
        WanTransformer transformer = config.from().isPresent()
            ? new ModelReader(root.resolve(config.from().get()), device).transformer()
            : WanTransformer.create(chain.transformer(), init);
        Umt5Encoder encoder = chain.captions().isPresent() ? whole.textEncoder() : Umt5Encoder.create(sizes, init);
        Tae tae = student.autoencoder()) {
      UnigramTokenizer tokenizer = UnigramTokenizer.of(pieces);
      Batches batches = batches(config.batches(), latents, tokenizer, "teacher");
      Samples samples = samples(tokenizer, tae, recipe(Recipe.Kind.EULER, SAMPLE_STEPS, GUIDANCE));
      try (TeacherStage stage = new TeacherStage(transformer, encoder, batches, samples, config)) {
        Trainer.End end = train(stage);
        if (end == Trainer.End.STOPPED) return end;
        stage.finish();
        ModelWriter shared = new ModelWriter(model, stage.name());
        shared.tokenizer(pieces);
        shared.textEncoder(encoder);
        ModelWriter own = new ModelWriter(teacher, stage.name());
        own.transformer(transformer);
        own.recipe(recipe(Recipe.Kind.EULER, TEACHER_STEPS, GUIDANCE), elsewhere());
        return end;
      }
    }
  }

  private Trainer.End prune() throws IOException {
    UnigramTokenizer tokenizer = student.tokenizer();
    Batches.Config spread = Batches.Config.spread(chain.recover().batches().clips());
    try (LatentCache latents = latents();
        WanTransformer large = whole.transformer();
        Umt5Encoder encoder = student.textEncoder();
        WanTransformer small = chain.prune().of(large, batches(spread, latents, tokenizer, "prune"), encoder)) {
      ModelWriter writer = new ModelWriter(model, "prune");
      writer.transformer(small);
      writer.recipe(recipe(Recipe.Kind.EULER, STUDENT_STEPS, GUIDANCE), Map.of());
      observer.note("prune: " + large.parameterCount() + " parameters to " + small.parameterCount());
    }
    return Trainer.End.FINISHED;
  }

  private Trainer.End student(String name, String before, StudentStage.Config config) throws IOException {
    UnigramTokenizer tokenizer = student.tokenizer();
    requireStage(before, name);
    try (LatentCache latents = latents();
        WanTransformer large = whole.transformer();
        WanTransformer small = student.transformer();
        Umt5Encoder encoder = student.textEncoder();
        Tae tae = student.autoencoder();
        StudentStage stage = new StudentStage(name, small, large, encoder, batches(config.batches(), latents, tokenizer, name),
            samples(tokenizer, tae, recipe(Recipe.Kind.EULER, SAMPLE_STEPS, GUIDANCE)), config)) {
      Trainer.End end = train(stage);
      if (end == Trainer.End.STOPPED) return end;
      stage.finish();
      new ModelWriter(model, name).transformer(small);
      return end;
    }
  }

  private Trainer.End distill() throws IOException {
    UnigramTokenizer tokenizer = student.tokenizer();
    requireStage("refine", "distill");
    try (LatentCache latents = latents();
        WanTransformer large = whole.transformer();
        WanTransformer critic = whole.transformer();
        WanTransformer generator = student.transformer();
        Umt5Encoder encoder = student.textEncoder();
        Tae tae = student.autoencoder();
        DistillationStage stage = new DistillationStage("distill", generator, large, critic, encoder, batches(chain.distill()
            .batches(), latents, tokenizer, "distill"), samples(tokenizer, tae, fewStep()), chain.distill())) {
      Trainer.End end = train(stage);
      if (end == Trainer.End.STOPPED) return end;
      stage.finish();
      ModelWriter writer = new ModelWriter(model, "distill");
      writer.transformer(generator);
      writer.recipe(fewStep(), Map.of());
      return end;
    }
  }

  /// The model's transformer must be what the stage before wrote, or the stage itself in an earlier run: then its saved state is
  /// what counts.
  private void requireStage(String before, String stage) throws IOException {
    String written = student.stage();
    if (!written.equals(before)) {
      throw new IllegalArgumentException("train: " + stage + ": " + model + " was last written by stage " + written
          + "; needs the result of " + before);
    }
  }

  private Recipe fewStep() { return recipe(Recipe.Kind.FEW_STEP, chain.distill().levels().size(), 1); }

  private static Recipe recipe(Recipe.Kind sampler, int steps, double guidance) {
    return new Recipe(sampler, steps, 3, guidance, "", Frames.SIDE, Frames.SIDE, Frames.CLIP, Frames.PER_SECOND);
  }

  /// The teacher's folder names the parts that it shares with the model.
  private Map<String, String> elsewhere() {
    String there = teacher.relativize(model).toString().replace('\\', '/');
    return Map.of("text_encoder", there + "/text_encoder", "tokenizer", there + "/tokenizer", "vae", there + "/vae");
  }

  private Batches batches(Batches.Config config, LatentCache latents, UnigramTokenizer tokenizer, String stage) {
    return new Batches(config, latents, tokenizer, chain.transformer().textLength(), Rng.of(chain.seed()).stream(stage), device);
  }

  private Umt5Config textConfig(int vocabulary) {
    Chain.Text text = given(chain.text(), "teacher");
    return new Umt5Config(vocabulary, text.dim(), text.heads(), text.dim() / text.heads(), text.ffn(), text.layers(), 32, 128,
        Umt5Config.XXL.eps());
  }

  private SentencePieceModel vocabulary() {
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < given(chain.text(), "teacher").corpus(); i++) captions.add(footage.at(i).text());
    return UnigramTrainer.of(given(chain.text(), "teacher").vocabulary()).folding(TextFolding.LOWER_CASE).closed(true).train(
        captions);
  }

  private LatentCache latents() throws IOException {
    Durable.system().makeDirectory(runs);
    try (Tae tae = student.autoencoder()) {
      String key = LatentCache.key(tae.encoder(), chain.data() + " " + chain.seed() + (own.isPresent()
          ? own.get().key()
          : ""));
      Chain.Data data = chain.data();
      Footage source = own.isPresent() ? footage : Footage.of(latentClips(chain));
      return LatentCache.open(runs.resolve("latents"), key, tae.encoder(), source, data.clips(), data.pictures(),
          device, done -> {
            if (done % 1024 == 0) observer.note("latents: " + done + " of " + (data.clips() + data.pictures()));
          });
    }
  }
}

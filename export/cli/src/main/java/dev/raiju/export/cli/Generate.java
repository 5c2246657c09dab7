package dev.raiju.export.cli;

import dev.raiju.export.cli.StagedMaker.Place;
import dev.raiju.models.pipeline.Budget;
import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipEstimate;
import dev.raiju.models.pipeline.Enlarge;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.pipeline.Sentinel;
import dev.raiju.models.pipeline.StagedPipeline;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// `raiju generate`: clips from a prompt.
final class Generate implements Command {
  private static final int MOST_CLIPS = 10_000;

  @Override
  public String name() { return "generate"; }

  @Override
  public String arguments() { return "PROMPT [OPTION …]"; }

  @Override
  public String summary() { return "makes a clip from a prompt"; }

  @Override
  public List<Option> options() {
    List<Option> options = new ArrayList<>(List.of(
        Option.of("--out", "FILE", "the clip: .mp4, .gif, .apng or .png [named after the prompt, .mp4]"),
        Option.of("--frames", "DIR", "a new folder for each frame as .png, at its own size"),
        Option.of("--seed", "N", "of the noise: the same seed gives the same clip [0]"),
        Option.of("--count", "K", "how many clips, with seeds N, N+1, …: FILE-1, FILE-2, … [1]")));
    options.addAll(ClipOptions.ALL);
    options.addAll(PrecisionOptions.ALL);
    options.addAll(List.of(
        Option.of("--sampler", "NAME", "unipc, dpm++, euler, few-step, diffusers-… [as the model was trained]"),
        Option.of("--shift", "K", "of the noise levels [as the model was trained]"),
        Option.of("--negative", "TEXT", "what the clip shall not look like, where guidance is not 1"),
        Option.of("--model", "DIR", "the model [the shipped one, models/pretrained/shapes]"),
        Option.of("--lora", "FILE[:SCALE]", "changes to the transformer, as peft or kohya store them; several with commas"),
        Option.of("--preview", "FILE", "what the clip would be so far, written anew after every step"),
        Memory.OPTION,
        Option.of("--latents", "FILE", "keeps the latents, for raiju decode; of several clips FILE-1, FILE-2, …"),
        Option.of("--measure", "FILE", "what each stage took of time and memory, as .json and as a table"),
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]"),
        Option.flag("--ffmpeg", "encodes .mp4 by the ffmpeg program in place of our own encoder")));
    return options;
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    Prompt asked = prompt(arguments);
    int count = (int) arguments.whole("--count", 1, MOST_CLIPS, 1);
    if (asked.seed() > Long.MAX_VALUE - count) throw UserError.usage("generate: --seed: too large for " + count + " clips");
    Device device = device(arguments);
    ModelFolder model = ClipMaker.model(arguments.path("--model")).with(PrecisionOptions.parse(arguments));
    for (ModelFolder.Adapter adapter : Adapters.parse(arguments.text("--lora"))) model = model.with(adapter);
    Optional<Path> preview = arguments.path("--preview");
    if (preview.isPresent()) new Outputs(preview, Optional.empty()).check(Encoders.OWN, 2);
    Prompt prompt = ClipMaker.complete(asked, model.recipe());
    String encoder = arguments.has("--ffmpeg") ? Encoders.FFMPEG : Encoders.OWN;
    List<Outputs> outputs = Outputs.plan(arguments.path("--out"), arguments.path("--frames"), prompt.text(), count);
    for (Outputs place : outputs) place.check(encoder, prompt.frames().orElseThrow());
    Optional<Budget> memory = Memory.given(arguments, name());
    Optional<Path> latents = arguments.path("--latents");
    List<Prompt> prompts = IntStream.range(0, count).mapToObj(i -> prompt.seed(prompt.seed() + i)).toList();
    Optional<Path> measures = arguments.path("--measure");
    Optional<ClipEstimate> estimate = measures.isPresent()
        ? Optional.of(ClipEstimate.of(model, prompt, device))
        : Optional.empty();
    StageUse use = new StageUse();
    try (Meter meter = measures.isPresent() ? Meter.on(console).noting(use) : Meter.on(console)) {
      boolean staged = memory.isPresent() || latents.isPresent() || ClipMaker.isLarge(model);
      List<Place> places = staged ? places(outputs, latents) : List.of();
      places.forEach(StagedMaker::check);
      Optional<Budget.Fit> fit = memory.isPresent()
          ? Optional.of(fit(PrecisionOptions.ways(model), prompt, memory.get(), device, console))
          : Optional.empty();
      ClipFiles files = ClipFiles.of(fit.isPresent() ? fit.get().model() : model, device, meter);
      if (staged) {
        StagedPipeline pipeline = fit.isPresent() ? StagedPipeline.of(fit.get(), device) : StagedPipeline.of(model, device);
        remark(prompt, pipeline.tokenizer(), console);
        pipeline.latentShape(prompt);
        tell(files, console);
        StagedMaker maker = new StagedMaker(pipeline, files, encoder, console, (clip, seeded, place) -> tell(clip, seeded, place,
            console));
        maker.make(prompts, places, meter.showing(preview));
        console.print(meter.summary());
      } else {
        whole(prompts, outputs, files, encoder, preview, console);
      }
      if (measures.isPresent()) {
        MeasuredClip measured = new MeasuredClip(estimate.orElseThrow(), use.rows());
        measured.lines().forEach(console::print);
        Durable.system().write(measures.get(), measured.write(prompt, files.types(), Machine.of(device)).pretty());
      }
    }
    return 0;
  }

  /// With the model in memory for all clips.
  private static void whole(List<Prompt> prompts, List<Outputs> outputs, ClipFiles files, String encoder, Optional<Path> preview,
      Console console) throws Exception {
    Meter meter = files.meter();
    try (ClipMaker maker = ClipMaker.load(files)) {
      remark(prompts.getFirst(), maker.tokenizer(), console);
      maker.check(prompts.getFirst());
      tell(files, console);
      for (int i = 0; i < prompts.size(); i++) {
        if (i > 0) meter.restart("clip " + (i + 1) + " of " + prompts.size());
        Clip clip = maker.make(prompts.get(i), preview);
        files.write(clip, files.origin(prompts.get(i)), outputs.get(i), encoder);
        tell(clip, prompts.get(i), outputs.get(i), console);
        console.print(meter.summary());
      }
    }
  }

  private static Budget.Fit fit(List<ModelFolder> ways, Prompt prompt, Budget memory, Device device, Console console)
      throws IOException {
    Budget.Fit fit = memory.fit(ways, prompt, false, device);
    console.note("raiju: needs " + Units.bytes(fit.estimate().largest().bytes()) + " of the " + Units.bytes(memory.bytes())
        + " given, most in " + Meter.name(fit.estimate().largest().stage()));
    return fit;
  }

  private static List<Place> places(List<Outputs> outputs, Optional<Path> latents) {
    List<Path> kept = latents.map(file -> Outputs.numbered(file, outputs.size())).orElseGet(() -> outputs.stream().map(
        Outputs::latents).toList());
    return IntStream.range(0, outputs.size()).mapToObj(i -> new Place(outputs.get(i), kept.get(i), latents.isPresent())).toList();
  }

  private static void remark(Prompt prompt, UnigramTokenizer tokenizer, Console console) {
    Remarks.on(prompt.text(), tokenizer).forEach(remark -> console.note("raiju: warning: " + remark));
  }

  /// What each part of the model is held in and computes in.
  private static void tell(ClipFiles files, Console console) {
    files.types().forEach((part, types) -> console.note("raiju: " + part + ": " + types));
  }

  private static Prompt prompt(Arguments arguments) {
    // words that were not quoted are one prompt; what the terminal got wrong is replaced
    String joined = String.join(" ", arguments.words());
    String text = new String(joined.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    if (arguments.words().isEmpty())
      throw UserError.usage("generate: needs a prompt: raiju generate \"a red circle moves right\"");
    if (text.isBlank()) throw UserError.usage("generate: the prompt is empty; say what the clip shall show");
    Prompt prompt = Prompt.of(text).seed(arguments.whole("--seed", Long.MIN_VALUE, Long.MAX_VALUE, 0));
    prompt = ClipOptions.apply(prompt, arguments, "generate");
    if (arguments.has("--shift")) prompt = prompt.shift(arguments.number("--shift", 0.01, 1000, 0));
    if (arguments.has("--sampler")) prompt = prompt.sampler(sampler(arguments.text("--sampler").orElseThrow()));
    return arguments.has("--negative") ? prompt.negative(arguments.text("--negative").orElseThrow()) : prompt;
  }

  private static Recipe.Kind sampler(String name) {
    try {
      return Recipe.Kind.of(name);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("generate: --" + e.getMessage());
    }
  }

  static Device device(Arguments arguments) {
    return arguments.text("--device").filter(name -> !name.equals("auto")).map(Device::named).orElseGet(Device::best);
  }

  /// What was written, and what looks wrong in it.
  static void tell(Clip clip, Prompt prompt, Outputs outputs, Console console) {
    List<String> places = new ArrayList<>();
    outputs.clip().ifPresent(file -> places.add(file.toString()));
    outputs.frames().ifPresent(folder -> places.add(folder.toString()));
    String enlarged = outputs.clip().isPresent() && Enlarge.factor(clip.width()) > 1
        ? ", shown " + Enlarge.factor(clip.width()) + " times as large"
        : "";
    console.print(String.join(" and ", places) + ": seed " + prompt.seed() + ", " + Units.plural(clip.frames(), "frame") + " of "
        + clip.width() + " x " + clip.height() + enlarged + ", " + clip.framesPerSecond() + " a second");
    for (Sentinel.Finding finding : Remarks.on(clip, prompt.text())) {
      console.note("raiju: " + (finding.verdict().isWarning() ? "warning: " : "note: ") + places.getFirst() + ": " + finding);
    }
  }
}

package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.models.vae.Tae;
import dev.raiju.tensor.Device;
import dev.raiju.training.data.EvaluationPrompt;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Prompts;
import dev.raiju.training.eval.ClipDifference;
import dev.raiju.training.eval.Evaluation;
import dev.raiju.training.eval.FeatureNet;
import dev.raiju.training.eval.Metrics;
import dev.raiju.training.eval.Neighbours;
import dev.raiju.training.eval.SetDistances;
import dev.raiju.training.eval.VBenchReport;
import dev.raiju.training.recipe.ChainRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;

/// Judges a model of moving shapes: runs prompts and reads from the pixels whether each clip shows what its prompt says.
final class Evaluate implements Command {
  private static final int PROMPTS = 300;
  private static final long SEED = 1;
  private static final int ROWS = 8;
  private static final int COLUMNS = 9;

  @Override
  public String name() { return "evaluate"; }

  @Override
  public String arguments() { return "MODEL"; }

  @Override
  public String summary() { return "counts how many clips of a model show what their prompts say"; }

  @Override
  public List<Option> options() {
    return List.of(Option.of("--prompts", "N", "how many: one shape, two shapes and digits in turn (default: " + PROMPTS + ")"),
        Option.of("--seed", "N", "which prompts and noise (default: " + SEED + ")"),
        Option.of("--steps", "N", "steps of sampling (default: the model's own)"),
        Option.flag("--trained", "prompts of combinations that were trained, not of those held out"),
        Option.flag("--autoencoder", "true clips through the model's autoencoder, which bounds all else"),
        Option.flag("--distances", "how far the clips are from true ones as a set: FVD-S and two more"),
        Option.flag("--vbench", "the dimensions of VBench that need no network of others"),
        Option.of("--copies", "N", "look for copies among the first N training clips"),
        Option.of("--config", "FILE", "the chain that says what those are (default: " + Train.CONFIG + ")"),
        Option.of("--sheet", "FILE", "save a picture (.png) of clips beside their prompts"),
        Option.of("--device", "NAME", "what computes: auto, or what raiju doctor names; also --backend [auto]"),
        Option.of("--against", "NAME", "a second device that makes the same clips: how far the two are apart"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    ModelFolder folder = ModelFolder.open(Path.of(arguments.word("a model folder")));
    int count = (int) arguments.whole("--prompts", 1, 100_000, PROMPTS);
    long seed = arguments.whole("--seed", 0, Long.MAX_VALUE, SEED);
    OptionalInt steps = arguments.has("--steps")
        ? OptionalInt.of((int) arguments.whole("--steps", 1, 1000, 0))
        : OptionalInt
            .empty();
    Device device = Generate.device(arguments);
    if (arguments.has("--against") && arguments.has("--autoencoder"))
      throw UserError.usage("evaluate: --against: compares clips of prompts; needs no --autoencoder");
    Optional<Device> other = arguments.text("--against").map(Device::named);
    IntConsumer meter = done -> {
      console.meter(done + " of " + count + " clips");
      if (!console.isTerminal() && done % 50 == 0) console.note(done + " of " + count + " clips");
    };
    Evaluation evaluation = arguments.has("--autoencoder")
        ? autoencoder(folder, count, seed, device, meter)
        : model(folder, prompts(arguments, count, seed), steps, device, meter);
    evaluation.report().toString().lines().forEach(console::print);
    console.print(String.format(Locale.ROOT, "%d clips, %.2f s each", count, evaluation.secondsPerClip()));
    if (!Double.isNaN(evaluation.psnr())) console.print(String.format(Locale.ROOT, "PSNR %.2f dB", evaluation.psnr()));
    if (arguments.has("--distances") || arguments.has("--vbench"))
      sets(evaluation, arguments, count, seed).forEach(console::print);
    if (arguments.has("--copies")) copies(evaluation, arguments, count, seed).forEach(console::print);
    if (other.isPresent())
      against(evaluation, other.get(), folder, prompts(arguments, count, seed), steps, meter).forEach(
          console::print);
    if (arguments.path("--sheet").isPresent()) evaluation.sheet(ROWS, COLUMNS, 2).save(arguments.path("--sheet").get());
    return 0;
  }

  private static List<EvaluationPrompt> prompts(Arguments arguments, int count, long seed) {
    return arguments.has("--trained") ? Prompts.trained(count, seed) : Prompts.heldOut(count, seed);
  }

  /// The same clips from another device, and how far they are from those that are there.
  private static List<String> against(Evaluation first, Device device, ModelFolder folder, List<EvaluationPrompt> prompts,
      OptionalInt steps, IntConsumer meter) throws IOException {
    Evaluation second = model(folder, prompts, steps, device, meter);
    List<String> lines = new ArrayList<>(List.of("on " + device.name() + ":"));
    second.report().toString().lines().forEach(lines::add);
    lines.add(String.format(Locale.ROOT, "%d clips, %.2f s each", prompts.size(), second.secondsPerClip()));
    lines.add(ClipDifference.of(first.clips(), second.clips()).toString());
    return lines;
  }

  private static Evaluation model(ModelFolder folder, List<EvaluationPrompt> prompts, OptionalInt steps, Device device,
      IntConsumer meter) throws IOException {
    try (VideoPipeline pipeline = VideoPipeline.load(folder.path(), device)) {
      return Evaluation.of(pipeline, prompts, steps, meter);
    }
  }

  private static List<String> sets(Evaluation evaluation, Arguments arguments, int count, long seed) {
    List<String> lines = new ArrayList<>();
    List<Frames> made = evaluation.clips().stream().map(Evaluation.Judged::frames).toList();
    List<Frames> truth = Evaluation.heldOut(count, seed).stream().map(Example::paint).toList();
    try (FeatureNet net = FeatureNet.trained(Device.best())) {
      if (arguments.has("--distances") && count > 1)
        SetDistances.of(net, made, truth, seed).toString().lines().forEach(lines::add);
      if (arguments.has("--distances") && arguments.has("--autoencoder")) {
        double ssim = 0;
        for (int i = 0; i < count; i++) ssim += Metrics.ssim(truth.get(i), made.get(i)) / count;
        lines.add(String.format(Locale.ROOT, "SSIM %.4f", ssim));
      }
      if (arguments.has("--vbench")) VBenchReport.of(net, evaluation.clips()).toString().lines().forEach(lines::add);
    }
    return lines;
  }

  private static List<String> copies(Evaluation evaluation, Arguments arguments, int count, long seed) throws IOException {
    int among = (int) arguments.whole("--copies", 1, 1_000_000, 0);
    Path config = arguments.path("--config").orElse(Raiju.root().resolve(Train.CONFIG));
    List<Frames> made = evaluation.clips().stream().map(Evaluation.Judged::frames).toList();
    List<Frames> truth = Evaluation.heldOut(count, seed).stream().map(Example::paint).toList();
    return List.of("clips made: " + Neighbours.of(made, ChainRun.examples(config), among), "true clips: " + Neighbours.of(truth,
        ChainRun.examples(config), among));
  }

  private static Evaluation autoencoder(ModelFolder folder, int count, long seed, Device device, IntConsumer meter)
      throws IOException {
    try (Tae tae = folder.autoencoder(device)) {
      return Evaluation.of(tae, count, seed, meter);
    }
  }

}

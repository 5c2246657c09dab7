package dev.raiju.export.cli;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.sampler.Schedule;
import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.training.prune.BlockSource;
import dev.raiju.training.prune.Calibration;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/// What a model is shown while its parts are scored: prompts, each from noise along the model's own way to a clip.
///
/// @param starts noise and encoded prompts
/// @param levels of noise at which the model is run
/// @param size of the clips, for people
record CalibrationPrompts(List<Calibration.Batch> starts, List<Double> levels, String size) {
  static final List<Option> OPTIONS = List.of(
      Option.of("--calibration", "FILE", "prompts, a line each [one empty prompt]"),
      Option.of("--prompts", "N", "how many of them at most [64]"),
      Option.of("--seed", "N", "of the noise [0]"),
      Option.of("--steps", "N", "noise levels that each prompt goes through [10]"),
      Option.of("--size", "WxH", "pixels of the clips [as the model was trained]"),
      Option.of("--length", "F", "frames of the clips [as the model was trained]"));

  private static final int PROMPTS = 64;
  private static final int STEPS = 10;
  private static final int MOST = 1 << 20;

  static CalibrationPrompts of(Arguments arguments, ModelFolder folder, WanConfig config, Device device) throws IOException {
    Prompt clip = ClipMaker.complete(ClipOptions.apply(Prompt.of(""), arguments, "prune"), folder.recipe());
    List<String> texts = texts(arguments);
    long[] latent = latent(folder, config, clip, device);
    int steps = (int) arguments.whole("--steps", 1, 1000, STEPS);
    Schedule schedule = Schedule.flow(steps, folder.recipe().shift());
    Rng rng = Rng.of(arguments.whole("--seed", 0, Long.MAX_VALUE, 0)).stream("calibration");
    UnigramTokenizer tokenizer = folder.tokenizer();
    List<Calibration.Batch> starts = new ArrayList<>();
    try (Umt5Encoder encoder = folder.textEncoder(device)) {
      for (String text : texts) {
        UnigramTokenizer.PaddedIds padded = tokenizer.encode(PromptCleaner.clean(text), config.textLength());
        int[] ids = Arrays.copyOf(padded.ids(), padded.length());
        Tensor context = encoder.context(List.of(ids), config.textLength());
        Tensor noise = rng.normal(device, latent);
        starts.add(new Calibration.Batch(noise, Tensor.of(new float[] {1}, 1).to(device), context, List.of(padded.length())));
      }
    }
    return new CalibrationPrompts(starts, DoubleStream.of(schedule.sigmas()).limit(steps).boxed().toList(), clip.frames()
        .orElseThrow() + " frames of " + clip.width().orElseThrow() + " x " + clip.height().orElseThrow());
  }

  private static List<String> texts(Arguments arguments) throws IOException {
    if (arguments.path("--calibration").isEmpty()) return List.of("");
    int most = (int) arguments.whole("--prompts", 1, MOST, PROMPTS);
    List<String> texts = Files.readAllLines(arguments.path("--calibration").get()).stream().filter(line -> !line.isBlank()).limit(
        most).toList();
    if (texts.isEmpty())
      throw UserError.of("prune: --calibration: " + arguments.path("--calibration").get()
          + ": no lines; needs a prompt in each");
    return texts;
  }

  /// The decoder says how frames become latents; it is looked at and not read.
  private static long[] latent(ModelFolder folder, WanConfig config, Prompt clip, Device device) throws IOException {
    try (LatentDecoder<?> decoder = folder.decoder(Planning.of(device).device())) {
      int space = decoder.spaceFactor();
      return new long[] {1, config.inChannels(), (clip.frames().orElseThrow() - 1) / decoder.timeFactor() + 1, clip.height()
          .orElseThrow() / space, clip.width().orElseThrow() / space};
    }
  }

  Calibration calibration() { return Calibration.trajectories(starts, levels); }

  /// All samples at once.
  List<Calibration.Batch> points(BlockSource source) throws IOException { return Calibration.points(source, starts, levels); }

  @Override
  public String toString() {
    return Units.plural(starts.size(), "prompt") + " at " + Units.plural(levels.size(), "noise level") + ", clips of " + size;
  }
}

package dev.raiju.training.eval;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.models.vae.Tae;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.EvaluationPrompt;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Handwriting;
import dev.raiju.training.data.HeldOut;
import dev.raiju.training.data.MovingDigits;
import dev.raiju.training.data.MovingShapes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// What a model makes of a list of prompts, each clip judged from its pixels.
///
/// @param report how often clips are right
/// @param clips all of them with what was found wrong, in the order of the prompts
/// @param secondsPerClip on average, loading left out
/// @param psnr against the true clips in decibels, where there are such; else not a number
public record Evaluation(AccuracyReport report, List<Judged> clips, double secondsPerClip, double psnr) {
  public Evaluation { clips = List.copyOf(clips); }

  /// One clip.
  public record Judged(ClipKind kind, String prompt, Frames frames, Judgement judgement) {
    /// The prompt, and what is not as it says.
    public String text() {
      StringBuilder text = new StringBuilder(prompt);
      for (Verdict verdict : judgement.verdicts()) {
        if (!verdict.right()) text.append(" - ").append(verdict.attribute().word()).append(": ").append(verdict.seen());
      }
      return text.toString();
    }
  }

  /// Runs a model with its own recipe and the seed of each prompt.
  ///
  /// @param steps in place of the recipe's
  /// @param done told after every clip how many there are
  public static Evaluation of(VideoPipeline pipeline, List<EvaluationPrompt> prompts, OptionalInt steps, IntConsumer done) {
    AccuracyReport report = AccuracyReport.empty();
    List<Judged> clips = new ArrayList<>();
    long begun = System.nanoTime();
    for (EvaluationPrompt prompt : prompts) {
      Prompt asked = Prompt.of(prompt.text()).seed(prompt.seed());
      if (steps.isPresent()) asked = asked.steps(steps.getAsInt());
      Frames frames = frames(pipeline.generate(asked, Progress.NONE));
      Judgement judgement = ShapeChecker.judge(prompt.caption(), frames);
      report.add(prompt.kind(), judgement);
      clips.add(new Judged(prompt.kind(), prompt.text(), frames, judgement));
      done.accept(clips.size());
    }
    return new Evaluation(report, clips, (System.nanoTime() - begun) / 1e9 / Math.max(1, prompts.size()), Double.NaN);
  }

  /// What an autoencoder leaves of true clips of held-out combinations and handwriting: the bound of every model behind it.
  ///
  /// @param done told after every clip how many there are
  public static Evaluation of(Tae tae, int count, long seed, IntConsumer done) {
    List<Example> examples = heldOut(count, seed);
    AccuracyReport report = AccuracyReport.empty();
    List<Judged> clips = new ArrayList<>();
    long begun = System.nanoTime();
    double psnr = 0;
    for (Example example : examples) {
      Frames truth = example.paint();
      Frames frames = again(tae, truth);
      psnr += Metrics.psnr(truth, frames) / count;
      Judgement judgement = ShapeChecker.judge(example.caption(), frames);
      report.add(example.kind(), judgement);
      clips.add(new Judged(example.kind(), example.text(), frames, judgement));
      done.accept(clips.size());
    }
    return new Evaluation(report, clips, (System.nanoTime() - begun) / 1e9 / Math.max(1, count), psnr);
  }

  /// True clips of held-out combinations and handwriting: one shape, two shapes and a digit in turn.
  public static List<Example> heldOut(int count, long seed) {
    MovingShapes shapes = MovingShapes.of(seed, HeldOut.combinations());
    MovingDigits digits = MovingDigits.of(seed, HeldOut.combinations(), Handwriting.heldOut());
    return IntStream.range(0, count).mapToObj(i -> switch (i % 3) {
      case 0 -> shapes.one(i);
      case 1 -> shapes.two(i);
      default -> digits.clip(i);
    }).toList();
  }

  private static Frames again(Tae tae, Frames truth) {
    try (Scope scope = Scope.open()) {
      Tensor pixels = clip(truth).toTensor().to(tae.decoder().in().weight().device());
      return frames(Clip.of(tae.decode(tae.encode(pixels.unsqueeze(0))).select(0, 0), Frames.PER_SECOND));
    }
  }

  private static Clip clip(Frames frames) {
    int size = 3 * frames.height() * frames.width();
    List<byte[]> each = new ArrayList<>();
    for (int t = 0; t < frames.count(); t++) each.add(Arrays.copyOfRange(frames.rgb(), t * size, (t + 1) * size));
    return Clip.ofRgb(each, frames.width(), frames.height(), Frames.PER_SECOND);
  }

  /// The frames of a clip in the form that checkers read.
  public static Frames frames(Clip clip) {
    byte[] rgb = new byte[3 * clip.frames() * clip.height() * clip.width()];
    int size = 3 * clip.height() * clip.width();
    for (int t = 0; t < clip.frames(); t++) System.arraycopy(clip.frame(t), 0, rgb, t * size, size);
    return Frames.of(clip.frames(), clip.height(), clip.width(), rgb);
  }

  /// Some clips of each kind beside their prompts.
  public ContactSheet sheet(int each, int columns, int scale) {
    List<ContactSheet.Row> rows = new ArrayList<>();
    for (ClipKind kind : ClipKind.values()) {
      clips.stream().filter(clip -> clip.kind() == kind).limit(each).forEach(clip -> rows.add(new ContactSheet.Row(clip
          .text(), clip.frames())));
    }
    return ContactSheet.of(rows, columns, scale);
  }
}

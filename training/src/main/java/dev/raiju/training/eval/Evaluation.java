package dev.raiju.training.eval;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.EvaluationPrompt;
import dev.raiju.training.data.Frames;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/// What a model makes of a list of prompts, each clip judged from its pixels.
///
/// @param report how often clips are right
/// @param clips all of them with what was found wrong, in the order of the prompts
/// @param secondsPerClip on average, loading left out
public record Evaluation(AccuracyReport report, List<Judged> clips, double secondsPerClip) {
  public Evaluation { clips = List.copyOf(clips); }

  /// One clip.
  public record Judged(EvaluationPrompt prompt, Frames frames, Judgement judgement) {
    /// The prompt, and what is not as it says.
    public String text() {
      StringBuilder text = new StringBuilder(prompt.text());
      for (Verdict verdict : judgement.verdicts()) {
        if (!verdict.right()) text.append("; ").append(verdict.attribute().word()).append(": ").append(verdict.seen());
      }
      return text.toString();
    }
  }

  /// Runs a model with its own recipe and the seed of each prompt.
  ///
  /// @param done told after every clip how many there are
  public static Evaluation of(VideoPipeline pipeline, List<EvaluationPrompt> prompts, IntConsumer done) {
    AccuracyReport report = AccuracyReport.empty();
    List<Judged> clips = new ArrayList<>();
    long begun = System.nanoTime();
    for (EvaluationPrompt prompt : prompts) {
      Frames frames = frames(pipeline.generate(Prompt.of(prompt.text()).seed(prompt.seed()), Progress.NONE));
      Judgement judgement = ShapeChecker.judge(prompt.caption(), frames);
      report.add(prompt.kind(), judgement);
      clips.add(new Judged(prompt, frames, judgement));
      done.accept(clips.size());
    }
    return new Evaluation(report, clips, (System.nanoTime() - begun) / 1e9 / Math.max(1, prompts.size()));
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
      clips.stream().filter(clip -> clip.prompt().kind() == kind).limit(each).forEach(clip -> rows.add(new ContactSheet.Row(clip
          .text(), clip.frames())));
    }
    return ContactSheet.of(rows, columns, scale);
  }
}

package dev.raiju.training.eval;

import dev.raiju.models.verify.PixelDifference;
import dev.raiju.training.data.Frames;
import java.util.List;

/// How clips of the same prompts from two places differ, such as a model's from two devices.
///
/// @param clips that were compared
/// @param pixels how their bytes differ
/// @param judgedOtherwise attributes of a clip that are right in one and wrong in the other
public record ClipDifference(int clips, PixelDifference pixels, int judgedOtherwise) {
  /// Compares clip by clip.
  ///
  /// @throws IllegalArgumentException if the prompts or the sizes are not the same
  public static ClipDifference of(List<Evaluation.Judged> wanted, List<Evaluation.Judged> found) {
    ClipDifference all = new ClipDifference(0, PixelDifference.NONE, 0);
    if (wanted.size() != found.size())
      throw new IllegalArgumentException("clips: " + found.size() + " of them; needs " + wanted.size());
    for (int i = 0; i < wanted.size(); i++) all = all.plus(of(wanted.get(i), found.get(i)));
    return all;
  }

  private static ClipDifference of(Evaluation.Judged wanted, Evaluation.Judged found) {
    Frames a = wanted.frames();
    Frames b = found.frames();
    boolean same = wanted.prompt().equals(found.prompt()) && a.count() == b.count() && a.height() == b.height() && a.width() == b
        .width();
    if (!same)
      throw new IllegalArgumentException("clips: " + b + " of " + found.prompt() + "; needs " + a + " of " + wanted.prompt());
    int otherwise = 0;
    for (Verdict verdict : wanted.judgement().verdicts()) {
      boolean right = found.judgement().of(verdict.attribute()).map(Verdict::right).orElse(false);
      if (right != verdict.right()) otherwise++;
    }
    return new ClipDifference(1, PixelDifference.of(a.rgb(), b.rgb()), otherwise);
  }

  private ClipDifference plus(ClipDifference more) {
    return new ClipDifference(clips + more.clips, pixels.plus(more.pixels), judgedOtherwise + more.judgedOtherwise);
  }

  @Override
  public String toString() { return pixels + "; " + judgedOtherwise + " of the verdicts on " + clips + " clips differ"; }
}

package dev.raiju.training.eval;

import dev.raiju.training.data.Frames;
import java.util.List;
import java.util.Locale;

/// How clips of the same prompts from two places differ, such as a model's from two devices.
///
/// @param clips that were compared
/// @param values of all their pixels
/// @param different values that are not the same
/// @param worst difference of a value, of 255
/// @param judgedOtherwise attributes of a clip that are right in one and wrong in the other
public record ClipDifference(int clips, long values, long different, int worst, int judgedOtherwise) {
  /// Compares clip by clip.
  ///
  /// @throws IllegalArgumentException if the prompts or the sizes are not the same
  public static ClipDifference of(List<Evaluation.Judged> wanted, List<Evaluation.Judged> found) {
    ClipDifference all = new ClipDifference(0, 0, 0, 0, 0);
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
    long different = 0;
    int worst = 0;
    for (int i = 0; i < a.rgb().length; i++) {
      int off = Math.abs((a.rgb()[i] & 255) - (b.rgb()[i] & 255));
      if (off > 0) different++;
      worst = Math.max(worst, off);
    }
    int otherwise = 0;
    for (Verdict verdict : wanted.judgement().verdicts()) {
      boolean right = found.judgement().of(verdict.attribute()).map(Verdict::right).orElse(false);
      if (right != verdict.right()) otherwise++;
    }
    return new ClipDifference(1, a.rgb().length, different, worst, otherwise);
  }

  private ClipDifference plus(ClipDifference more) {
    return new ClipDifference(clips + more.clips, values + more.values, different + more.different, Math.max(worst, more.worst),
        judgedOtherwise + more.judgedOtherwise);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d of %d values differ, by at most %d of 255; %d of the verdicts on %d clips differ",
        different, values, worst, judgedOtherwise, clips);
  }
}

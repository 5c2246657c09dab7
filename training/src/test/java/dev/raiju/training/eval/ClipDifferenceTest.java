package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.verify.PixelDifference;
import dev.raiju.training.data.ClipKind;
import dev.raiju.training.data.Frames;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClipDifferenceTest {
  private static Evaluation.Judged clip(String prompt, boolean right, int... values) {
    byte[] rgb = new byte[values.length];
    for (int i = 0; i < values.length; i++) rgb[i] = (byte) values[i];
    Verdict verdict = new Verdict(Attribute.COLOUR, "red", "red", right);
    return new Evaluation.Judged(ClipKind.values()[0], prompt, Frames.of(1, 1, values.length / 3, rgb), new Judgement(List.of(
        verdict)));
  }

  @Test
  void countsValuesAndVerdicts() {
    ClipDifference found = ClipDifference.of(List.of(clip("a", true, 0, 128, 255), clip("b", true, 7, 7, 7)), List.of(clip("a",
        false, 0, 127, 250), clip("b", true, 7, 7, 7)));
    assertEquals(new ClipDifference(2, new PixelDifference(6, 2, 5), 1), found);
    assertEquals("2 of 6 values differ, by at most 5 of 255; 1 of the verdicts on 2 clips differ", found.toString());
  }

  @Test
  void refusesOtherPromptsSizesAndCounts() {
    List<Evaluation.Judged> one = List.of(clip("a", true, 1, 2, 3));
    for (List<Evaluation.Judged> other : List.of(List.of(clip("b", true, 1, 2, 3)), List.of(clip("a", true, 1, 2, 3, 4, 5, 6)),
        List.<Evaluation.Judged>of())) {
      assertThrows(IllegalArgumentException.class, () -> ClipDifference.of(one, other));
    }
  }
}

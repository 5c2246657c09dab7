package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.training.data.Frames;
import dev.raiju.training.eval.VBench.Dimension;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class VBenchReportTest {
  private static FeatureNet net() { return FeatureNet.create(Initializer.random(Rng.of(1), Device.best())); }

  private static List<Evaluation.Judged> truth(int count) {
    List<Evaluation.Judged> clips = new ArrayList<>();
    for (var example : Evaluation.heldOut(count, 1)) {
      Frames frames = example.paint();
      clips.add(new Evaluation.Judged(example.kind(), example.text(), frames, ShapeChecker.judge(example.caption(), frames)));
    }
    return clips;
  }

  /// True clips do what they say, and nothing that needs the network of another is counted.
  @Test
  void trueClipsScoreHigh() {
    try (FeatureNet net = net()) {
      VBenchReport report = VBenchReport.of(net, truth(24));
      for (Dimension dimension : List.of(Dimension.OBJECT_CLASS, Dimension.MULTIPLE_OBJECTS, Dimension.COLOR)) {
        Interval score = report.scores().get(dimension);
        assertTrue(score != null && score.value() > 0.9, dimension + " " + score);
      }
      Interval smooth = report.scores().get(Dimension.MOTION_SMOOTHNESS);
      assertTrue(smooth != null && smooth.value() > 0.98 && smooth.value() <= 1, "smoothness " + smooth);
      assertEquals("needs a network of people's tastes", report.missing().get(Dimension.AESTHETIC_QUALITY));
      assertFalse(report.scores().containsKey(Dimension.SCENE));
      assertTrue(report.toString().contains("no total: "), report.toString());
    }
  }

  private static Frames painted(int frames, IntFunction<byte[]> frame) {
    byte[] rgb = new byte[3 * frames * 16 * 16];
    for (int t = 0; t < frames; t++) System.arraycopy(frame.apply(t), 0, rgb, t * 768, 768);
    return Frames.of(frames, 16, 16, rgb);
  }

  private static byte[] grey(int value) {
    byte[] rgb = new byte[768];
    Arrays.fill(rgb, (byte) value);
    return rgb;
  }

  @Test
  void smoothnessAndFlickerMeetHandMadeClips() {
    Frames rising = painted(5, t -> grey(10 * t));
    assertEquals(1, VBenchReport.smoothness(rising), 1e-12);
    assertEquals(10 / 255.0, VBenchReport.meanStep(rising), 1e-12);
    Frames blinking = painted(5, t -> grey(t % 2 == 0 ? 0 : 255));
    assertEquals(0, VBenchReport.smoothness(blinking), 1e-12);
    assertEquals(1, VBenchReport.meanStep(blinking), 1e-12);
  }

  @Test
  void whatStandsDoesNotMove() {
    for (Evaluation.Judged clip : truth(30)) {
      boolean still = clip.prompt().contains("still") && !clip.prompt().contains(" and ") && !clip.prompt().contains("move");
      if (still) assertFalse(VBenchReport.moves(clip.frames()), clip.prompt());
    }
    assertTrue(truth(30).stream().anyMatch(clip -> VBenchReport.moves(clip.frames())));
  }

  @Test
  void aClipOfOneFrameIsConsistent() {
    try (FeatureNet net = net()) {
      Random random = new Random(1);
      byte[] noise = new byte[768];
      random.nextBytes(noise);
      assertEquals(1, VBenchReport.consistency(net, painted(4, _ -> noise)), 1e-6);
    }
  }

  /// Sets of the same kind are nearer than sets of different kinds.
  @Test
  void distancesTellSetsApart() {
    try (FeatureNet net = net()) {
      List<Frames> all = truth(36).stream().map(Evaluation.Judged::frames).toList();
      List<Frames> bright = all.stream().map(frames -> {
        byte[] rgb = frames.rgb().clone();
        for (int i = 0; i < rgb.length; i += 3) rgb[i] = (byte) 200;
        return Frames.of(frames.count(), frames.height(), frames.width(), rgb);
      }).toList();
      SetDistances same = SetDistances.of(net, all.subList(0, 18), all.subList(18, 36), 1);
      SetDistances other = SetDistances.of(net, all.subList(0, 18), bright.subList(18, 36), 1);
      assertTrue(other.fvdS().low() > same.fvdS().high(), other + " " + same);
      assertTrue(other.kernel().low() > same.kernel().high(), other + " " + same);
      assertTrue(other.sliced().low() > same.sliced().high(), other + " " + same);
      assertTrue(same.fvdS().low() <= same.fvdS().value() && same.fvdS().value() <= same.fvdS().high(), same.toString());
    }
  }
}

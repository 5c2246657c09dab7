package dev.raiju.training.eval;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Colour;
import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Example;
import dev.raiju.training.data.Frames;
import dev.raiju.training.data.Mixture;
import dev.raiju.training.data.Motion;
import dev.raiju.training.data.ShapeKind;
import dev.raiju.training.data.Size;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The trained network, on clips that it never saw.
class FeatureNetTest {
  private static final ClipStream STREAM = ClipStream.of(77, new Mixture(1, 0, 0, 0));
  private static final List<Example> CLIPS = IntStream.range(0, 60).mapToObj(STREAM::at).toList();

  private static double accuracy(int from, int count) {
    int right = 0;
    try (FeatureNet net = FeatureNet.trained(Device.best()); Scope scope = Scope.open()) {
      List<Frames> frames = CLIPS.stream().map(Example::paint).toList();
      double[] scores = net.forward(ClipPixels.of(frames, Device.best())).toDoubles();
      for (int i = 0; i < CLIPS.size(); i++) {
        int best = from;
        for (int k = from; k < from + count; k++) {
          if (scores[i * SceneLabels.COUNT + k] > scores[i * SceneLabels.COUNT + best]) best = k;
        }
        if (SceneLabels.of(CLIPS.get(i).scene())[best] == 1) right++;
      }
    }
    return (double) right / CLIPS.size();
  }

  @Test
  void seesWhatThingsAre() {
    int colours = ShapeKind.values().length + Digit.COUNT;
    int sizes = colours + Colour.values().length;
    int motions = sizes + Size.values().length;
    double shape = accuracy(0, ShapeKind.values().length);
    double colour = accuracy(colours, Colour.values().length);
    double size = accuracy(sizes, Size.values().length);
    double motion = accuracy(motions, Motion.values().length);
    String all = "shape " + shape + ", colour " + colour + ", size " + size + ", motion " + motion;
    assertTrue(colour >= 0.9, all);
    assertTrue(size >= 0.9, all);
    assertTrue(motion >= 0.9, all);
    // chance is 0.2
    assertTrue(shape >= 0.4, all);
  }
}

package dev.raiju.training.eval;

import dev.raiju.training.data.Caption;
import dev.raiju.training.data.Colour;
import dev.raiju.training.data.Digit;
import dev.raiju.training.data.Motion;
import dev.raiju.training.data.Phrase;
import dev.raiju.training.data.Relation;
import dev.raiju.training.data.Scene;
import dev.raiju.training.data.ShapeKind;
import dev.raiju.training.data.Size;
import java.util.ArrayList;
import java.util.List;

/// Everything that can be true of a scene of moving shapes and digits, as numbers: 1 where it holds of one of its objects, else 0.
public final class SceneLabels {
  private static final List<Object> ALL = all();

  /// How many there are.
  public static final int COUNT = ALL.size();

  private SceneLabels() {}

  private static List<Object> all() {
    List<Object> all = new ArrayList<>(List.of(ShapeKind.values()));
    for (int digit = 0; digit < Digit.COUNT; digit++) all.add(new Digit(digit));
    all.addAll(List.of(Colour.values()));
    all.addAll(List.of(Size.values()));
    all.addAll(List.of(Motion.values()));
    all.addAll(List.of(Relation.values()));
    return all;
  }

  /// The labels of a scene.
  public static float[] of(Scene scene) {
    float[] labels = new float[COUNT];
    for (Phrase phrase : scene.caption().objects()) mark(phrase, labels);
    scene.relation().ifPresent(relation -> labels[ALL.indexOf(relation)] = 1);
    return labels;
  }

  /// The labels of what a caption says of one of its objects, and of the relation between them.
  public static float[] of(Caption caption, int object) {
    float[] labels = new float[COUNT];
    mark(caption.objects().get(object), labels);
    caption.relation().ifPresent(relation -> labels[ALL.indexOf(relation)] = 1);
    return labels;
  }

  private static void mark(Phrase phrase, float[] labels) {
    labels[ALL.indexOf(phrase.subject())] = 1;
    phrase.colour().ifPresent(colour -> labels[ALL.indexOf(colour)] = 1);
    phrase.size().ifPresent(size -> labels[ALL.indexOf(size)] = 1);
    phrase.motion().ifPresent(motion -> labels[ALL.indexOf(motion)] = 1);
  }
}

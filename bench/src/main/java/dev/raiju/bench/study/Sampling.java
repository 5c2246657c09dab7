package dev.raiju.bench.study;

import dev.raiju.models.pipeline.Recipe;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.data.Frames;
import java.util.Locale;

/// How clips are sampled.
record Sampling(Recipe.Kind kind, int steps, double shift, double guidance) {
  private static final int MOST = 1000;

  static Sampling read(Fields json) throws ModelFormatException {
    Recipe.Kind kind;
    try {
      kind = Recipe.Kind.of(json.string("sampler"));
    } catch (IllegalArgumentException e) {
      throw json.refuse("sampler", String.valueOf(e.getMessage()));
    }
    Sampling sampling = new Sampling(kind, json.integer("steps", 1, MOST), json.number("shift", 3), json.number("guidance", 1));
    json.refuseUnknown();
    return sampling;
  }

  Recipe recipe() {
    return new Recipe(kind, steps, shift, guidance, "", Frames.SIDE, Frames.SIDE, Frames.CLIP, Frames.PER_SECOND);
  }

  /// `euler, 25 steps, guidance 3`: known by it in results.
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s, %d steps, guidance %s%s", kind.label(), steps, guidance, shift == 3
        ? ""
        : ", shift " + shift);
  }
}

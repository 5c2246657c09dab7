package dev.raiju.training.data;

import dev.raiju.tensor.Rng;
import java.util.List;
import java.util.Optional;

/// Chooses what a caption says of a scene, and in which words.
final class Wording {
  private static final double SIZE_STATED = 0.6;
  private static final double RELATION_STATED = 0.6;
  private static final double USUAL_WORDS = 0.5;

  private Wording() {}

  static Example example(ClipKind kind, Scene scene, Rng rng) {
    Caption caption = caption(scene, rng);
    return new Example(kind, scene, caption,
        Grammar.write(caption, options -> rng.nextUniform() < USUAL_WORDS ? 0 : rng.nextInt(options)));
  }

  private static Caption caption(Scene scene, Rng rng) {
    // a picture shows no motion
    boolean picture = scene.frames() == 1;
    List<Phrase> phrases = scene.caption().objects().stream().map(phrase -> {
      Phrase stated = rng.nextUniform() < SIZE_STATED ? phrase : phrase.withoutSize();
      return picture ? stated.withoutMotion() : stated;
    }).toList();
    boolean related = picture && rng.nextUniform() < RELATION_STATED;
    return new Caption(phrases, related ? scene.relation() : Optional.empty());
  }
}

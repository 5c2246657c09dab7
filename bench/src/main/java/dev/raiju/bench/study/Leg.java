package dev.raiju.bench.study;

import dev.raiju.tensor.io.Json;
import java.util.Locale;

/// A stage that a model goes through in a study.
///
/// @param stage which
/// @param otherWords whether captions have the study's other words
/// @param settings of the stage, under the keys of a chain's
record Leg(Stage stage, boolean otherWords, Json.Obj settings) {
  /// What can be done to a model; recovering and refining differ in their settings alone.
  enum Stage {
    PRUNE, RECOVER, REFINE, DISTILL;

    String word() { return name().toLowerCase(Locale.ROOT); }
  }

  Json.Obj json() {
    return Json.object().with("stage", stage.word()).with("other_words", otherWords).with("settings", settings);
  }
}

package dev.raiju.training.recipe;

import dev.raiju.tensor.Rng;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import java.util.Arrays;
import java.util.stream.Collectors;

/// Leaves words out of captions, so that a model learns what each word means by itself and not only the combinations that training
/// shows. After the word dropout of Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods for Text Classification".
///
/// @param captions the part of captions that lose words
/// @param words the chance of each of their words to go
record WordDrop(double captions, double words) {
  static final WordDrop NONE = new WordDrop(0, 0);

  static WordDrop read(Fields json) throws ModelFormatException {
    WordDrop drop = new WordDrop(part(json, "captions"), part(json, "words"));
    json.refuseUnknown();
    return drop;
  }

  private static double part(Fields json, String key) throws ModelFormatException {
    double part = json.number(key);
    if (!(part >= 0 && part <= 1)) throw json.refuse(key, "is " + part + "; needs 0 to 1");
    return part;
  }

  /// A caption, or what is left of it. Draws nothing where no words can go.
  String of(String caption, Rng rng) {
    if (captions == 0 || rng.nextUniform() >= captions) return caption;
    return Arrays.stream(caption.split(" ")).filter(_ -> rng.nextUniform() >= words).collect(Collectors.joining(" "));
  }
}

package dev.raiju.models.pipeline;

import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/// The first stage of a clip: what the text encoder makes of a text is all that the later ones know of it.
///
/// @param length how many tokens the transformer reads
record TextStage(Umt5Encoder encoder, int length) {
  /// The tokens of a text.
  ///
  /// @throws IllegalArgumentException if there are more than the transformer reads
  static int[] ids(UnigramTokenizer tokenizer, String text, int length) {
    String clean = PromptCleaner.clean(text);
    UnigramTokenizer.PaddedIds padded = tokenizer.encode(clean, length);
    // the end token takes one place
    int tokens = tokenizer.encode(clean).length + 1;
    if (tokens > length) {
      throw new IllegalArgumentException("prompt: " + tokens + " tokens: this model reads at most " + length
          + "; make it shorter");
    }
    return Arrays.copyOf(padded.ids(), padded.length());
  }

  /// What the transformer takes: `[1, length, D]`.
  Tensor context(int[] ids) {
    try (Scope scope = Scope.open()) {
      return scope.keep(encoder.context(List.of(ids), length));
    }
  }
}

package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.Tae;
import dev.raiju.tensor.Device;
import dev.raiju.training.eval.ContactSheet;
import dev.raiju.training.eval.Evaluation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Clips of the same few prompts and seeds, made now and then while a model is trained, so that a person sees how it gets on.
///
/// @param recipe how they are sampled
/// @param prompts what is asked for
record Samples(UnigramTokenizer tokenizer, Tae tae, Recipe recipe, Device device, List<String> prompts) {
  /// Of moving shapes and digits.
  static final List<String> SHAPES = List.of("a large red circle moves right", "a small blue star bounces",
      "a green square stays still and a yellow triangle moves up", "the digit 7 moves left");
  private static final int COLUMNS = 9;

  /// Saves a picture of the clips beside their prompts. Takes over both networks.
  void save(Path file, WanTransformer transformer, Umt5Encoder encoder) throws IOException {
    List<ContactSheet.Row> rows = new ArrayList<>();
    try (var pipeline = VideoPipeline.of(recipe, device, tokenizer, encoder, transformer, tae.decoder().copy())) {
      for (String text : prompts) {
        rows.add(new ContactSheet.Row(text, Evaluation.frames(pipeline.generate(Prompt.of(text).seed(rows.size()),
            Progress.NONE))));
      }
    }
    ContactSheet.of(rows, COLUMNS, 1).save(file);
  }
}

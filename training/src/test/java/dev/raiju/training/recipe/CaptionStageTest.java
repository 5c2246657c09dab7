package dev.raiju.training.recipe;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.text.SentencePieceModel;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.data.ClipStream;
import dev.raiju.training.data.Mixture;
import dev.raiju.training.data.TextFolding;
import dev.raiju.training.data.UnigramTrainer;
import dev.raiju.training.optim.Schedule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What an encoder that learned to read knows, against what one can know that sees words and not their order.
final class CaptionStageTest {
  private static final int LENGTH = 20;
  private static final int DIM = 32;

  /// Two objects with their attributes changed about have the same words. Only an encoder that binds words gives `circle` another row
  /// beside `red` than beside `blue`.
  @Test
  void aWordKnowsTheOthersOfItsObject() {
    ClipStream stream = ClipStream.of(1, new Mixture(0, 1, 0, 0));
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < 300; i++) captions.add(stream.at(i).text());
    SentencePieceModel pieces = UnigramTrainer.of(128).folding(TextFolding.LOWER_CASE).closed(true).train(captions);
    UnigramTokenizer tokenizer = UnigramTokenizer.of(pieces);
    Initializer init = Initializer.random(Rng.of(1), Device.best());
    Umt5Config sizes = new Umt5Config(pieces.pieces().size(), DIM, 2, DIM / 2, 2 * DIM, 2, 32, 128, 1e-6f);
    Learning learning = new Learning(5e-3, 5e-3, 0, 0.9, 0.99, 1e-8, 0, 10, Schedule.Shape.LINEAR, 0.5, 0, 1, 0.9, 0, DType.F32);
    try (Umt5Encoder encoder = Umt5Encoder.create(sizes, init);
        CaptionStage stage = new CaptionStage(encoder, init, stream, tokenizer, LENGTH, new CaptionStage.Config(300, 32,
            learning), Device.best())) {
      double first = stage.step(1).loss();
      double last = first;
      for (int step = 2; step <= 300; step++) last = stage.step(step).loss();
      // seven labels of a caption are even guesses without the order of its words: 7 ln 2 / 37 = 0.13
      assertTrue(last < 0.06, "from " + first + " to " + last);
      stage.finish();
      String plain = "a red circle moves left and a blue star bounces";
      String swapped = "a blue circle moves left and a red star bounces";
      String elsewhere = "a red circle moves left and a white star bounces";
      float[] circle = row(encoder, tokenizer, plain, 2);
      double own = distance(circle, row(encoder, tokenizer, swapped, 2));
      double others = distance(circle, row(encoder, tokenizer, elsewhere, 2));
      assertTrue(own > 2 * others, "by its own colour " + own + ", by another object's " + others);
    }
  }

  private static float[] row(Umt5Encoder encoder, UnigramTokenizer tokenizer, String caption, int word) {
    try (Scope scope = Scope.open()) {
      Tensor rows = TextBatch.of(List.of(caption), tokenizer, LENGTH, Device.best()).context(encoder);
      return rows.slice(1, word, word + 1).toFloats();
    }
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return Math.sqrt(sum);
  }
}

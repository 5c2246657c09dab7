package dev.raiju.training.data;

import dev.raiju.models.text.SentencePieceModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Captions of a small grammar, like those our own models are trained on.
final class GrammarCorpus {
  private static final List<String> COLOURS = List.of("red", "green", "blue", "yellow", "white", "purple", "orange");
  private static final List<String> SHAPES = List.of("circle", "square", "triangle", "cross", "star");
  private static final List<String> SIZES = List.of("small ", "large ", "");
  private static final List<String> MOTIONS = List.of("moves right", "moves left", "moves up", "moves down", "orbits the center",
      "bounces on the floor", "drifts along the diagonal");

  private GrammarCorpus() {}

  static List<String> lines() {
    Random random = new Random(20);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      String line = "A " + one(SIZES, random) + one(COLOURS, random) + " " + one(SHAPES, random) + " " + one(MOTIONS, random);
      if (random.nextBoolean())
        line += ", and one " + one(COLOURS, random) + " " + one(SHAPES, random) + " " + one(MOTIONS, random);
      lines.add(line + ".");
    }
    return lines;
  }

  static SentencePieceModel train(List<String> lines) {
    return UnigramTrainer.of(100).folding(TextFolding.LOWER_CASE).train(lines);
  }

  /// Writes the model of the goldens.
  ///
  /// @param args the file
  public static void main(String[] args) throws IOException { train(lines()).write(Path.of(args[0])); }

  private static String one(List<String> words, Random random) { return words.get(random.nextInt(words.size())); }
}

package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Sentinel;
import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.training.data.Caption;
import dev.raiju.training.data.Issue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// What to say about a prompt before, and about a clip after the work.
final class Remarks {
  private static final Pattern STILLNESS = Pattern.compile(
      "\\b(stays? still|still|static|stationary|motionless|frozen|unmoving|(does not|doesn't|not|never|without) mov(e|es|ing))\\b");
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

  private Remarks() {}

  /// One line for each kind of doubt about a prompt: words that the model never saw, and for models of moving shapes what
  /// contradicts itself or cannot be shown.
  static List<String> on(String prompt, UnigramTokenizer tokenizer) {
    List<String> remarks = new ArrayList<>();
    List<String> unknown = new ArrayList<>(tokenizer.unknownWords(PromptCleaner.clean(prompt)));
    // nobody means anything by an exclamation mark
    unknown.removeIf(word -> !WORD.matcher(word).find());
    if (!unknown.isEmpty()) {
      remarks.add("prompt: the model does not know " + String.join(", ", unknown) + "; " + (unknown.size() == 1 ? "it" : "they")
          + " will not change the clip as you mean");
    }
    if (speaksOfShapes(tokenizer)) {
      for (Issue issue : Caption.parse(prompt).issues()) {
        boolean named = issue instanceof Issue.UnknownWord(String word) && contains(unknown, word);
        if (!named) remarks.add("prompt: " + issue.message());
      }
    }
    return remarks;
  }

  private static boolean contains(List<String> unknown, String word) {
    return unknown.stream().anyMatch(other -> other.toLowerCase(Locale.ROOT).contains(word));
  }

  /// Whether every word of the vocabulary is one of the captions of moving shapes.
  private static boolean speaksOfShapes(UnigramTokenizer tokenizer) {
    boolean any = false;
    for (Piece piece : tokenizer.model().pieces()) {
      String text = piece.text().replace("▁", "");
      if (piece.kind() != Kind.NORMAL || !WORD.matcher(text).matches()) continue;
      if (Caption.parse(text).issues().stream().anyMatch(Issue.UnknownWord.class::isInstance)) return false;
      any = true;
    }
    return any;
  }

  /// What looks wrong in a clip. One that is still is as it should be if the prompt asks for it.
  static List<Sentinel.Finding> on(Clip clip, String prompt) {
    boolean still = STILLNESS.matcher(prompt.toLowerCase(Locale.ROOT)).find();
    return Sentinel.inspect(clip).stream().filter(finding -> !(still && finding.verdict() == Sentinel.Verdict.STATIC)).toList();
  }
}

package dev.raiju.training.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/// The language of the prompts: every wording of every attribute, the usual one first. Captions are written and prompts read by
/// these tables, so a word is known exactly if training shows it.
final class Grammar {
  /// Between two objects.
  static final List<String> JOINERS = List.of("and", "while");
  /// Words that say nothing by themselves.
  static final List<String> FILLERS = List.of("a", "an", "the", "digit", "number", "handwritten", "is");

  /// What may stand between two objects, with its spaces; the longest first, since some hold others.
  private static final List<String> BETWEEN = Stream.concat(JOINERS.stream(), Arrays.stream(Relation.values()).flatMap(
      relation -> wordings(relation).stream())).map(words -> " " + words + " ").sorted(Comparator.comparingInt(String::length)
          .reversed()).toList();

  private Grammar() {}

  static List<String> wordings(Size size) {
    return switch (size) {
      case SMALL -> List.of("small", "little");
      case LARGE -> List.of("large", "big");
    };
  }

  static List<String> wordings(Motion motion) {
    return switch (motion) {
      case RIGHT -> List.of("moves right", "goes right", "moves to the right");
      case LEFT -> List.of("moves left", "goes left", "moves to the left");
      case UP -> List.of("moves up", "goes up", "rises");
      case DOWN -> List.of("moves down", "goes down", "sinks");
      case STILL -> List.of("stays still", "does not move");
      case CIRCLE -> List.of("moves in a circle", "goes in a circle");
      case BOUNCE -> List.of("bounces", "hops");
    };
  }

  static List<String> wordings(Relation relation) {
    return switch (relation) {
      case LEFT_OF -> List.of("left of", "to the left of");
      case RIGHT_OF -> List.of("right of", "to the right of");
      case ABOVE -> List.of("above", "over");
      case BELOW -> List.of("below", "under");
    };
  }

  /// Writes a caption.
  ///
  /// @param choose gives, for a number of options, which one to take
  static String write(Caption caption, IntUnaryOperator choose) {
    List<String> parts = new ArrayList<>();
    for (Phrase phrase : caption.objects()) {
      if (!parts.isEmpty()) parts.add(pick(caption.relation().map(Grammar::wordings).orElse(JOINERS), choose));
      parts.add(noun(phrase, choose));
      phrase.motion().ifPresent(motion -> parts.add(pick(wordings(motion), choose)));
    }
    return String.join(" ", parts);
  }

  /// The words of each object in a text that [#write] wrote, without what joins them.
  static List<String> phrases(String text) {
    for (String joiner : BETWEEN) {
      int at = text.indexOf(joiner);
      if (at >= 0) return List.of(text.substring(0, at), text.substring(at + joiner.length()));
    }
    return List.of(text);
  }

  private static String noun(Phrase phrase, IntUnaryOperator choose) {
    List<String> words = new ArrayList<>();
    phrase.size().ifPresent(size -> words.add(pick(wordings(size), choose)));
    phrase.colour().ifPresent(colour -> words.add(colour.word()));
    words.add(phrase.subject().word());
    String plain = String.join(" ", words);
    return switch (phrase.subject()) {
      case ShapeKind _ -> ("aeiou".indexOf(plain.charAt(0)) < 0 ? "a " : "an ") + plain;
      case Digit _ -> pick(List.of("the digit ", "the number ", "a handwritten "), choose) + plain;
    };
  }

  private static String pick(List<String> options, IntUnaryOperator choose) {
    return options.get(choose.applyAsInt(options.size()));
  }
}

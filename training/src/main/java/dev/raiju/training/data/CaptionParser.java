package dev.raiju.training.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Reads prompts, and forgives: word order inside a phrase, punctuation, case and missing articles do not matter. The longest
/// wording that fits at a place wins, so that `moves in a circle` names no second circle.
final class CaptionParser {
  /// What a wording means.
  private sealed interface Meaning {}

  private record OfSize(Size size) implements Meaning {}

  private record OfColour(Colour colour) implements Meaning {}

  private record OfSubject(Subject subject) implements Meaning {}

  private record OfMotion(Motion motion) implements Meaning {}

  private record OfRelation(Relation relation) implements Meaning {}

  private record Nothing() implements Meaning {}

  private static final Map<String, Meaning> LEXICON = lexicon();
  private static final int LONGEST = LEXICON.keySet().stream().mapToInt(wording -> wording.split(" ").length).max().orElseThrow();

  /// One object, as far as it is known.
  private static final class Draft {
    final Set<Size> sizes = new LinkedHashSet<>();
    final Set<Colour> colours = new LinkedHashSet<>();
    final Set<Motion> motions = new LinkedHashSet<>();
  }

  private final List<Issue> issues = new ArrayList<>();
  private final List<Subject> subjects = new ArrayList<>();
  private final List<Draft> drafts = new ArrayList<>();
  private final Set<Relation> relations = new LinkedHashSet<>();
  /// Of the next object to be named.
  private Draft next = new Draft();
  /// Words in `next`, to say of them that no object followed.
  private final List<String> waiting = new ArrayList<>();

  private CaptionParser() {}

  static CaptionReading parse(String prompt) { return new CaptionParser().read(prompt); }

  private static Map<String, Meaning> lexicon() {
    Map<String, Meaning> lexicon = new HashMap<>();
    for (Size size : Size.values()) Grammar.wordings(size).forEach(w -> lexicon.put(w, new OfSize(size)));
    for (Colour colour : Colour.values()) lexicon.put(colour.word(), new OfColour(colour));
    for (ShapeKind shape : ShapeKind.values()) lexicon.put(shape.word(), new OfSubject(shape));
    for (int i = 0; i < Digit.COUNT; i++) lexicon.put(new Digit(i).word(), new OfSubject(new Digit(i)));
    for (Motion motion : Motion.values()) Grammar.wordings(motion).forEach(w -> lexicon.put(w, new OfMotion(motion)));
    for (Relation relation : Relation.values()) Grammar.wordings(relation).forEach(w -> lexicon.put(w, new OfRelation(relation)));
    // a direction alone goes on with a motion: "moves left and right"
    for (Motion motion : List.of(Motion.LEFT, Motion.RIGHT, Motion.UP, Motion.DOWN))
      lexicon.put(motion.word(), new OfMotion(motion));
    for (String word : Grammar.JOINERS) lexicon.put(word, new Nothing());
    for (String word : Grammar.FILLERS) lexicon.put(word, new Nothing());
    // a word of a longer wording is known, though it says nothing alone
    for (String wording : List.copyOf(lexicon.keySet())) {
      for (String word : wording.split(" ")) lexicon.putIfAbsent(word, new Nothing());
    }
    return Map.copyOf(lexicon);
  }

  private CaptionReading read(String prompt) {
    List<String> words = new ArrayList<>(List.of(prompt.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")));
    words.removeIf(String::isEmpty);
    for (int at = 0; at < words.size();) at += take(words, at);
    for (String word : waiting) issues.add(new Issue.Dangling(word));
    return new CaptionReading(caption(), issues);
  }

  /// Takes the longest known wording at a place; gives how many words it has.
  private int take(List<String> words, int at) {
    for (int length = Math.min(LONGEST, words.size() - at); length > 0; length--) {
      String wording = String.join(" ", words.subList(at, at + length));
      Meaning meaning = LEXICON.get(wording);
      if (meaning == null) continue;
      note(meaning, wording);
      return length;
    }
    issues.add(new Issue.UnknownWord(words.get(at)));
    return 1;
  }

  private void note(Meaning meaning, String wording) {
    switch (meaning) {
      case OfSize(Size size) -> {
        next.sizes.add(size);
        waiting.add(wording);
      }
      case OfColour(Colour colour) -> {
        next.colours.add(colour);
        waiting.add(wording);
      }
      case OfMotion(Motion motion) -> {
        if (drafts.isEmpty()) waiting.add(wording);
        (drafts.isEmpty() ? next : drafts.getLast()).motions.add(motion);
      }
      case OfSubject(Subject subject) -> {
        subjects.add(subject);
        drafts.add(next);
        next = new Draft();
        waiting.clear();
      }
      case OfRelation(Relation relation) -> {
        if (!drafts.isEmpty()) relations.add(relation);
        waiting.add(wording);
      }
      case Nothing() -> {
      }
    }
  }

  private Caption caption() {
    List<Phrase> phrases = new ArrayList<>();
    for (int i = 0; i < drafts.size(); i++) phrases.add(phrase(subjects.get(i), drafts.get(i)));
    Optional<Relation> relation = one("relation", relations.stream().toList(), r -> Grammar.wordings(r).getFirst());
    if (phrases.isEmpty()) issues.add(new Issue.NothingToShow());
    if (phrases.size() > 2) issues.add(new Issue.Untrained(phrases.size() + " objects"));
    if (phrases.size() > 1 && subjects.stream().anyMatch(Digit.class::isInstance)) {
      issues.add(new Issue.Untrained("a digit beside another object"));
    }
    return new Caption(phrases, phrases.size() == 2 ? relation : Optional.empty());
  }

  private Phrase phrase(Subject subject, Draft draft) {
    String of = " of the " + (subject instanceof Digit ? "digit " : "") + subject.word();
    if (subject instanceof Digit && !draft.colours.isEmpty()) issues.add(new Issue.Untrained("the colour" + of));
    if (subject instanceof Digit && !draft.sizes.isEmpty()) issues.add(new Issue.Untrained("the size" + of));
    return new Phrase(one("size" + of, draft.sizes.stream().toList(), Size::word),
        one("colour" + of, draft.colours.stream().toList(), Colour::word), subject,
        one("motion" + of, draft.motions.stream().toList(), m -> Grammar.wordings(m).getFirst()));
  }

  /// The first of the values, and an issue if there are more.
  private <T> Optional<T> one(String what, List<T> values, Function<T, String> name) {
    if (values.size() > 1) issues.add(new Issue.Contradiction(what, values.stream().map(name).toList()));
    return values.stream().findFirst();
  }
}

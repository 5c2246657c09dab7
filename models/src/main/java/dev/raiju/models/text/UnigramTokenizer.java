package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Text to token ids and back, by a unigram model: the text is normalised and cut into the most probable pieces. The ids are those
/// of SentencePiece. For UMT5 the text goes through [PromptCleaner#clean] first. Kudo 2018, arXiv:1804.10959. Immutable.
///
/// ```java
/// UnigramTokenizer tokenizer = UnigramTokenizer.load(Path.of("spiece.model"));
/// PaddedIds ids = tokenizer.encode(PromptCleaner.clean(prompt), 512);
/// ```
public final class UnigramTokenizer {
  private static final Pattern SPACES = Pattern.compile("[\\p{javaWhitespace}\\p{Z}]+");
  private final SentencePieceModel model;
  private final List<Piece> pieces;
  private final BestPath bestPath;
  private final DoubleArray userDefined;
  // by value; empty without byte fallback
  private final int[] byteIds;

  /// A text's ids, filled up to a fixed number.
  ///
  /// @param ids as many as asked for; from `length` on, the pad id
  /// @param length how many belong to the text, the end id included
  public record PaddedIds(int[] ids, int length) {
    /// 1 for each id of the text, 0 for padding.
    public int[] mask() {
      int[] mask = new int[ids.length];
      Arrays.fill(mask, 0, length, 1);
      return mask;
    }
  }

  private UnigramTokenizer(SentencePieceModel model) {
    this.model = model;
    this.pieces = model.pieces();
    this.bestPath = new BestPath(model);
    this.userDefined = PieceTrie.of(pieces, Kind.USER_DEFINED);
    this.byteIds = model.byteFallback() ? new int[256] : new int[0];
    for (int id = 0; id < pieces.size(); id++) {
      if (pieces.get(id).kind() == Kind.BYTE) byteIds[PieceDecoder.byteValue(pieces.get(id))] = id;
    }
  }

  /// The tokenizer of a model.
  public static UnigramTokenizer of(SentencePieceModel model) { return new UnigramTokenizer(model); }

  /// The tokenizer of a `.model` file, or a `tokenizer.json`.
  public static UnigramTokenizer load(Path file) throws IOException { return of(SentencePieceModel.read(file)); }

  public SentencePieceModel model() { return model; }

  /// What is cut into pieces for `text`: see [Normalization].
  public String normalize(String text) {
    byte[] normalized = normalized(text, model.normalization());
    return Utf8.decode(normalized, 0, normalized.length);
  }

  /// The ids of a text, without an end id. A surrogate without its other half counts as U+FFFD.
  public int[] encode(String text) { return tokens(text).stream().mapToInt(Token::id).toArray(); }

  /// The first `length - 1` ids of a text at most, then the end id, then pad ids up to `length`.
  ///
  /// @throws IllegalArgumentException if `length` is less than 1, or the model has no end or pad id
  public PaddedIds encode(String text, int length) {
    SpecialIds special = model.specialIds();
    if (length < 1) throw new IllegalArgumentException("tokenizer: length " + length + ": must be 1 or more");
    if (special.end() < 0 || special.pad() < 0)
      throw new IllegalArgumentException("tokenizer: the model has no end or no pad id");
    int[] all = encode(text);
    int kept = Math.min(all.length, length - 1);
    int[] ids = Arrays.copyOf(all, length);
    ids[kept] = special.end();
    Arrays.fill(ids, kept + 1, length, special.pad());
    return new PaddedIds(ids, kept + 1);
  }

  /// The pieces of a text, as [#encode(String)] gives their ids; what is unknown as it is written.
  public List<String> pieces(String text) { return tokens(text).stream().map(Token::text).toList(); }

  /// The text of some ids. Control pieces have none, unknown ones give ` ⁇ `, and bytes that make no character give U+FFFD.
  ///
  /// @throws IllegalArgumentException if an id is outside the vocabulary
  public String decode(int... ids) { return new PieceDecoder(model).decode(ids); }

  /// The words of a text that the model does not know, in their order and each once: words in which some character is covered by no
  /// piece, so that it becomes the unknown id or is spelled by its bytes. Signs around a word are named by themselves, unless the
  /// word is unknown only because of them.
  public List<String> unknownWords(String text) {
    Set<String> unknown = new LinkedHashSet<>();
    for (String word : SPACES.split(text)) {
      if (known(word, true)) continue;
      int begin = signs(word, true);
      int end = word.length() - signs(word.substring(begin), false);
      String inner = word.substring(begin, end);
      if (!known(inner, begin == 0)) unknown.add(known(inner, true) ? word : inner);
      if (!known(word.substring(0, begin), true)) unknown.add(word.substring(0, begin));
      if (!known(word.substring(end), false)) unknown.add(word.substring(end));
    }
    return List.copyOf(unknown);
  }

  /// How many characters before the first letter or digit, or after the last.
  private static int signs(String word, boolean front) {
    int count = 0;
    while (count < word.length()) {
      int c = front ? word.codePointAt(count) : word.codePointBefore(word.length() - count);
      if (Character.isLetterOrDigit(c) || Character.getType(c) == Character.NON_SPACING_MARK) return count;
      count += Character.charCount(c);
    }
    return count;
  }

  /// @param first whether it begins a word
  private boolean known(String part, boolean first) {
    Normalization rules = first ? model.normalization() : model.normalization().withoutDummyPrefix();
    return bestPath.of(normalized(part, rules)).stream().noneMatch(segment -> segment.id() == model.specialIds().unknown());
  }

  private byte[] normalized(String text, Normalization rules) {
    return rules.apply(Utf8.encode(text), (in, at) -> PieceTrie.longestMatch(userDefined, in, at));
  }

  private record Token(int id, String text) {}

  private List<Token> tokens(String text) {
    byte[] normalized = normalized(text, model.normalization());
    List<Token> tokens = new ArrayList<>();
    int unknown = model.specialIds().unknown();
    for (BestPath.Segment segment : bestPath.of(normalized)) {
      boolean isUnknown = segment.id() == unknown;
      if (isUnknown && byteIds.length > 0) {
        for (int i = segment.begin(); i < segment.end(); i++) {
          int id = byteIds[normalized[i] & 0xFF];
          tokens.add(new Token(id, pieces.get(id).text()));
        }
        continue;
      }
      String part = Utf8.decode(normalized, segment.begin(), segment.end());
      // unknown neighbours are one token
      if (isUnknown && !tokens.isEmpty() && tokens.getLast().id == unknown) part = tokens.removeLast().text + part;
      tokens.add(new Token(segment.id(), part));
    }
    return tokens;
  }
}

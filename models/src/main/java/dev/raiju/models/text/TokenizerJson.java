package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Reads a `tokenizer.json` of Hugging Face that was converted from a SentencePiece model. What it adds to one, such as the end id
/// behind each text, is [UnigramTokenizer]'s to do.
final class TokenizerJson {
  private final Path file;
  private CharMap map = CharMap.identity();
  private boolean dummyPrefix;
  private boolean removeExtraSpaces;

  TokenizerJson(Path file) { this.file = file; }

  SentencePieceModel read(byte[] bytes) throws ModelFormatException {
    Fields root = Fields.of(file.toString(), Json.parse(file.toString(), bytes));
    Fields model = root.object("model");
    String type = model.string("type", "Unigram");
    if (!type.equals("Unigram")) throw unsupported("model " + type + "; needs Unigram");
    for (Fields step : steps(root, "normalizer", "normalizers")) normalizer(step);
    for (Fields step : steps(root, "pre_tokenizer", "pretokenizers")) preTokenizer(step);
    List<Piece> pieces = pieces(model, root);
    SpecialIds ids = new SpecialIds(id(pieces, "<pad>"), id(pieces, "</s>"), id(pieces, "<s>"),
        model.integer("unk_id", 0, SentencePieceModel.MAX_PIECES));
    Normalization rules = new Normalization("tokenizer.json", map, dummyPrefix, removeExtraSpaces, true);
    return SentencePieceModel.checked(file, pieces, ids, rules);
  }

  private List<Piece> pieces(Fields model, Fields root) throws ModelFormatException {
    long unknown = model.integer("unk_id", -1);
    boolean byteFallback = model.flag("byte_fallback", false);
    Map<Integer, Fields> added = new HashMap<>();
    if (root.has("added_tokens")) {
      for (Fields token : root.objects("added_tokens")) added.put(token.integer("id", 0, SentencePieceModel.MAX_PIECES), token);
    }
    List<Piece> pieces = new ArrayList<>();
    for (Json entry : entries(model)) {
      int id = pieces.size();
      if (!(entry instanceof Json.Arr(List<Json> pair)) || pair.size() != 2 || !(pair.get(0) instanceof Json.Str(String text))) {
        throw model.refuse("vocab", "entry " + id + " is no pair of text and score");
      }
      Fields token = added.remove(id);
      Kind kind = id == unknown
          ? Kind.UNKNOWN
          : token != null
              ? kind(token)
              : byteFallback && text.matches("<0x[0-9A-F]{2}>") ? Kind.BYTE : Kind.NORMAL;
      pieces.add(new Piece(text, score(model, id, pair.get(1)), kind));
    }
    // those behind the vocabulary
    while (added.containsKey(pieces.size())) {
      Fields token = added.remove(pieces.size());
      pieces.add(new Piece(token.string("content"), 0, kind(token)));
    }
    if (!added.isEmpty()) throw root.refuse("added_tokens", "ids " + added.keySet() + " leave a gap behind " + pieces.size());
    return pieces;
  }

  private static List<Json> entries(Fields model) throws ModelFormatException {
    if (model.value("vocab") instanceof Json.Arr(List<Json> entries)) return entries;
    throw model.refuse("vocab", "no array");
  }

  private static float score(Fields model, int id, Json value) throws ModelFormatException {
    return switch (value) {
      case Json.Real(double score) -> (float) score;
      case Json.Int(long score) -> score;
      default -> throw model.refuse("vocab", "entry " + id + ": score is no number");
    };
  }

  /// A text does not spell special tokens; others are found in it.
  private static Kind kind(Fields token) throws ModelFormatException {
    return token.flag("special", false) ? Kind.CONTROL : Kind.USER_DEFINED;
  }

  private static int id(List<Piece> pieces, String text) {
    return IntStream.range(0, pieces.size()).filter(id -> pieces.get(id).text().equals(text)).findFirst().orElse(-1);
  }

  /// The steps of a part of the file: none, one, or a sequence.
  private static List<Fields> steps(Fields root, String part, String sequence) throws ModelFormatException {
    if (!root.has(part)) return List.of();
    Fields step = root.object(part);
    return step.string("type").equals("Sequence") ? step.objects(sequence) : List.of(step);
  }

  private void normalizer(Fields step) throws ModelFormatException {
    switch (step.string("type")) {
      case "Precompiled" -> map = CharMap.read(file, decoded(step, "precompiled_charsmap"));
      // both stand for what SentencePiece does with runs of spaces
      case "Strip" -> removeExtraSpaces = true;
      case "Replace" -> {
        String pattern = step.object("pattern").string("Regex", "");
        if (!pattern.equals(" {2,}")) throw unsupported("replacement of '" + pattern + "'; needs that of runs of spaces");
        removeExtraSpaces = true;
      }
      case String other -> throw unsupported("normalizer " + other + "; needs Precompiled, Strip or Replace");
    }
  }

  private void preTokenizer(Fields step) throws ModelFormatException {
    switch (step.string("type")) {
      case "WhitespaceSplit" -> removeExtraSpaces = true;
      case "Metaspace" -> {
        String space = step.string("replacement");
        if (!space.equals(Normalization.SPACE)) throw unsupported("'" + space + "' for a space; needs " + Normalization.SPACE);
        boolean prefix = step.flag("add_prefix_space", true);
        dummyPrefix = !step.string("prepend_scheme", prefix ? "always" : "never").equals("never");
      }
      case String other -> throw unsupported("pre-tokenizer " + other + "; needs Metaspace or WhitespaceSplit");
    }
  }

  private byte[] decoded(Fields step, String name) throws ModelFormatException {
    String text = step.string(name, "");
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(Reason.TOKENIZER_CHAR_MAP, file, "character map: not in base 64");
    }
  }

  private ModelFormatException unsupported(String problem) {
    return new ModelFormatException(Reason.TOKENIZER_UNSUPPORTED, file, problem);
  }
}

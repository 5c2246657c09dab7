package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// What a vocabulary must hold to, wherever it comes from.
final class VocabularyCheck {
  private static final int MAX_PIECE_CHARS = 1024;

  private VocabularyCheck() {}

  record Problem(Reason reason, String text) {}

  static Optional<Problem> firstProblem(List<Piece> pieces, SpecialIds ids) {
    if (pieces.isEmpty()) return problem(Reason.TOKENIZER_INCOMPLETE, "no pieces");
    if (pieces.size() > SentencePieceModel.MAX_PIECES) {
      return problem(Reason.TOKENIZER_TOO_LARGE, pieces.size() + " pieces; at most " + SentencePieceModel.MAX_PIECES);
    }
    Set<String> seen = HashSet.newHashSet(pieces.size());
    for (int id = 0; id < pieces.size(); id++) {
      Piece piece = pieces.get(id);
      String wrong = wrong(piece);
      if (wrong.isEmpty() && !seen.add(piece.text())) wrong = "'" + piece.text() + "' appears twice";
      if (!wrong.isEmpty()) return problem(Reason.TOKENIZER_PIECE, "piece " + id + ": " + wrong);
    }
    return firstProblemOfSpecials(pieces, ids, seen);
  }

  private static String wrong(Piece piece) {
    String text = piece.text();
    if (text.isEmpty()) return "empty";
    if (text.length() > MAX_PIECE_CHARS) return "%d characters; at most %d".formatted(text.length(), MAX_PIECE_CHARS);
    if (text.indexOf('\0') >= 0 || Utf8.loneSurrogate(text) >= 0) return "holds U+0000 or half a surrogate pair";
    return Float.isFinite(piece.score()) ? "" : "score " + piece.score() + "; needs a finite number";
  }

  private static Optional<Problem> firstProblemOfSpecials(List<Piece> pieces, SpecialIds ids, Set<String> texts) {
    long unknown = pieces.stream().filter(piece -> piece.kind() == Kind.UNKNOWN).count();
    if (unknown != 1) return special(unknown + " unknown pieces; needs one");
    for (int id : new int[] {ids.pad(), ids.end(), ids.begin(), ids.unknown()}) {
      if (id < -1 || id >= pieces.size()) return special("special id " + id + "; needs -1 to " + (pieces.size() - 1));
    }
    if (ids.unknown() < 0 || pieces.get(ids.unknown()).kind() != Kind.UNKNOWN) {
      return special("unknown id " + ids.unknown() + "; needs the place of the unknown piece");
    }
    long bytes = pieces.stream().filter(piece -> piece.kind() == Kind.BYTE).count();
    if (bytes == 0) return Optional.empty();
    boolean all = bytes == 256 && IntStream.range(0, 256).allMatch(value -> texts.contains(Piece.ofByte(value).text()));
    return all ? Optional.empty() : special(bytes + " byte pieces; needs none, or <0x00> to <0xFF>");
  }

  private static Optional<Problem> special(String text) { return problem(Reason.TOKENIZER_SPECIAL_PIECES, text); }

  private static Optional<Problem> problem(Reason reason, String text) { return Optional.of(new Problem(reason, text)); }
}

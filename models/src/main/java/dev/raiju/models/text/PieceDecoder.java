package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import java.io.ByteArrayOutputStream;
import java.util.List;

/// One sequence of ids on its way back to text.
final class PieceDecoder {
  private static final String UNKNOWN_TEXT = " ⁇ ";

  private final List<Piece> pieces;
  private final Normalization rules;
  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean prefixDropped;

  PieceDecoder(SentencePieceModel model) {
    this.pieces = model.pieces();
    this.rules = model.normalization();
  }

  String decode(int[] ids) {
    for (int id : ids) {
      if (id < 0 || id >= pieces.size()) {
        throw new IllegalArgumentException("tokenizer: id " + id + "; needs 0 to " + (pieces.size() - 1));
      }
      Piece piece = pieces.get(id);
      if (piece.kind() == Kind.BYTE) {
        bytes.write(byteValue(piece));
        continue;
      }
      spellBytes();
      switch (piece.kind()) {
        case CONTROL -> {}
        case UNKNOWN -> text.append(UNKNOWN_TEXT);
        case NORMAL, USER_DEFINED, UNUSED, BYTE -> text.append(surface(piece.text()));
      }
    }
    spellBytes();
    return text.toString();
  }

  /// The byte that a byte piece stands for.
  static int byteValue(Piece piece) { return Integer.parseInt(piece.text(), 3, 5, 16); }

  private void spellBytes() {
    text.append(Utf8.decode(bytes.toByteArray(), 0, bytes.size()));
    bytes.reset();
  }

  private String surface(String piece) {
    boolean drop = text.isEmpty() && piece.startsWith(Normalization.SPACE) && dropsSpaceInFront();
    prefixDropped |= drop;
    return piece.substring(drop ? 1 : 0).replace(Normalization.SPACE, " ");
  }

  private boolean dropsSpaceInFront() { return rules.removeExtraSpaces() || rules.dummyPrefix() && !prefixDropped; }
}

package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Reads a `.model` file: the protobuf message `ModelProto` of SentencePiece. What does not bear on tokenising, such as how the
/// model was trained, is passed over.
final class SentencePieceReader {
  private static final Kind[] KINDS = Kind.values();

  private final Path file;
  private final List<Piece> pieces = new ArrayList<>();
  private boolean hasTrainer;
  private boolean byteFallback;
  private String beginText = "<s>";
  private String endText = "</s>";
  private String padText = "<pad>";
  private Normalization normalization = Normalization.of("", CharMap.identity());
  private boolean hasNormalizer;

  SentencePieceReader(Path file) { this.file = file; }

  SentencePieceModel read(byte[] bytes) throws ModelFormatException {
    ProtoReader in = new ProtoReader(file, "model", bytes);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> piece(in.message("piece " + pieces.size()));
        case 2 -> trainer(in.message("trainer"));
        case 3 -> normalizer(in.message("normalizer"));
        case 5 -> denormalizer(in.message("denormalizer"));
        default -> in.skip();
      }
    }
    if (!hasTrainer || !hasNormalizer) {
      throw refused(Reason.TOKENIZER_INCOMPLETE, "no " + (hasTrainer ? "normalizer" : "trainer") + " part; the file ends early");
    }
    boolean hasBytes = pieces.stream().anyMatch(piece -> piece.kind() == Kind.BYTE);
    if (hasBytes != byteFallback) {
      throw refused(Reason.TOKENIZER_SPECIAL_PIECES, "byte fallback is " + byteFallback + ", but byte pieces are "
          + (hasBytes ? "there" : "missing"));
    }
    int unknown = first(piece -> piece.kind() == Kind.UNKNOWN);
    SpecialIds ids = new SpecialIds(id(padText), id(endText), id(beginText), unknown);
    return SentencePieceModel.checked(file, pieces, ids, normalization);
  }

  private int id(String text) { return first(piece -> piece.text().equals(text)); }

  private int first(Predicate<Piece> wanted) {
    for (int id = 0; id < pieces.size(); id++) {
      if (wanted.test(pieces.get(id))) return id;
    }
    return -1;
  }

  private void piece(ProtoReader in) throws ModelFormatException {
    if (pieces.size() == SentencePieceModel.MAX_PIECES) {
      throw refused(Reason.TOKENIZER_TOO_LARGE, "more than " + SentencePieceModel.MAX_PIECES + " pieces");
    }
    String text = "";
    float score = 0;
    Kind kind = Kind.NORMAL;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> text = in.string();
        case 2 -> score = in.float32();
        case 3 -> kind = kind(in.varint());
        default -> in.skip();
      }
    }
    pieces.add(new Piece(text, score, kind));
  }

  private Kind kind(long number) throws ModelFormatException {
    if (number < 1 || number > KINDS.length) {
      throw refused(Reason.TOKENIZER_PIECE, "piece " + pieces.size() + ": type " + number + "; needs 1 to " + KINDS.length);
    }
    return KINDS[(int) number - 1];
  }

  private void trainer(ProtoReader in) throws ModelFormatException {
    if (hasTrainer) throw in.broken("a second trainer part");
    hasTrainer = true;
    while (in.next()) {
      switch (in.field()) {
        case 3 -> {
          long type = in.varint();
          if (type != 1) throw refused(Reason.TOKENIZER_UNSUPPORTED, "model type " + type + "; needs 1, unigram");
        }
        case 24 -> {
          if (in.bool()) throw refused(Reason.TOKENIZER_UNSUPPORTED, "spaces at the end of words; needs them in front");
        }
        case 35 -> byteFallback = in.bool();
        case 46 -> beginText = in.string();
        case 47 -> endText = in.string();
        case 48 -> padText = in.string();
        default -> in.skip();
      }
    }
  }

  private void normalizer(ProtoReader in) throws ModelFormatException {
    if (hasNormalizer) throw in.broken("a second normalizer part");
    hasNormalizer = true;
    String name = "";
    CharMap map = CharMap.identity();
    boolean dummyPrefix = true;
    boolean removeExtraSpaces = true;
    boolean escapeSpaces = true;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.string();
        case 2 -> map = CharMap.read(file, in.bytes());
        case 3 -> dummyPrefix = in.bool();
        case 4 -> removeExtraSpaces = in.bool();
        case 5 -> escapeSpaces = in.bool();
        default -> in.skip();
      }
    }
    normalization = new Normalization(name, map, dummyPrefix, removeExtraSpaces, escapeSpaces);
  }

  private void denormalizer(ProtoReader in) throws ModelFormatException {
    while (in.next()) {
      if (in.field() == 2 && in.bytes().length > 0) {
        throw refused(Reason.TOKENIZER_UNSUPPORTED, "rules for decoded text; needs none");
      }
      if (in.field() != 2) in.skip();
    }
  }

  private ModelFormatException refused(Reason reason, String problem) { return new ModelFormatException(reason, file, problem); }
}

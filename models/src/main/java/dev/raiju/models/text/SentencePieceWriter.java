package dev.raiju.models.text;

import dev.raiju.models.text.SentencePieceModel.Kind;
import dev.raiju.models.text.SentencePieceModel.Piece;
import dev.raiju.models.text.SentencePieceModel.SpecialIds;

/// Writes the protobuf message `ModelProto` of SentencePiece. The numbers are its fields.
final class SentencePieceWriter {
  private SentencePieceWriter() {}

  static byte[] write(SentencePieceModel model) {
    ProtoWriter out = new ProtoWriter();
    model.pieces().forEach(piece -> out.message(1, piece(piece)));
    return out.message(2, trainer(model)).message(3, normalizer(model.normalization())).toBytes();
  }

  private static ProtoWriter piece(Piece piece) {
    ProtoWriter out = new ProtoWriter().string(1, piece.text()).float32(2, piece.score());
    return piece.kind() == Kind.NORMAL ? out : out.varint(3, piece.kind().ordinal() + 1);
  }

  private static ProtoWriter trainer(SentencePieceModel model) {
    SpecialIds ids = model.specialIds();
    ProtoWriter out = new ProtoWriter().varint(3, 1).varint(4, model.pieces().size()).varint(35, model.byteFallback() ? 1 : 0)
        .varint(40, ids.unknown()).varint(41, ids.begin()).varint(42, ids.end()).varint(43, ids.pad());
    name(out, 45, model, ids.unknown());
    name(out, 46, model, ids.begin());
    name(out, 47, model, ids.end());
    name(out, 48, model, ids.pad());
    return out;
  }

  private static void name(ProtoWriter out, int field, SentencePieceModel model, int id) {
    if (id >= 0) out.string(field, model.pieces().get(id).text());
  }

  private static ProtoWriter normalizer(Normalization rules) {
    ProtoWriter out = new ProtoWriter().string(1, rules.name());
    byte[] map = rules.map().bytes();
    if (map.length > 0) out.bytes(2, map);
    return out.varint(3, rules.dummyPrefix() ? 1 : 0).varint(4, rules.removeExtraSpaces() ? 1 : 0)
        .varint(5, rules.escapeSpaces() ? 1 : 0);
  }
}

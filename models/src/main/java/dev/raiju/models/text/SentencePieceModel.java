package dev.raiju.models.text;

import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A vocabulary of pieces with their log probabilities, and the rules for a text before it is cut into them: what a SentencePiece
/// file of the unigram kind holds. [UnigramTokenizer] applies it. Kudo and Richardson 2018, arXiv:1808.06226. Immutable.
public final class SentencePieceModel {
  /// More pieces than this are refused; the largest vocabularies in use have 256 thousand.
  public static final int MAX_PIECES = 1 << 20;
  private static final long MAX_FILE_BYTES = 64 << 20;

  /// What a piece is for. `NORMAL` and `USER_DEFINED` ones stand for their text, the latter whenever it occurs; `UNUSED` ones are
  /// never chosen; `UNKNOWN` is what no piece covers, unless there are `BYTE` pieces to spell it; `CONTROL` ones have no text.
  public enum Kind { NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE }

  /// An entry of the vocabulary; its place is its id.
  ///
  /// @param text with `▁` for a space
  /// @param score natural logarithm of its probability; 0 for kinds that do not compete
  public record Piece(String text, float score, Kind kind) {
    /// The piece that stands for one byte, named as `<0x0A>`.
    public static Piece ofByte(int value) { return new Piece("<0x%02X>".formatted(value), 0, Kind.BYTE); }
  }

  /// The ids with a meaning of their own; -1 where the vocabulary has none.
  ///
  /// @param pad fills up a batch
  /// @param end follows a text
  /// @param begin precedes a text
  /// @param unknown is what no piece covers; every vocabulary has it
  public record SpecialIds(int pad, int end, int begin, int unknown) {}

  private final List<Piece> pieces;
  private final SpecialIds specialIds;
  private final Normalization normalization;

  private SentencePieceModel(List<Piece> pieces, SpecialIds specialIds, Normalization normalization) {
    this.pieces = pieces;
    this.specialIds = specialIds;
    this.normalization = normalization;
  }

  /// A model of some pieces.
  ///
  /// @throws IllegalArgumentException if a piece is empty, appears twice or has no finite score, if not exactly one is of kind
  ///   `UNKNOWN`, if some but not all 256 byte pieces are there, or if an id is outside the vocabulary
  public static SentencePieceModel of(List<Piece> pieces, SpecialIds specialIds, Normalization normalization) {
    VocabularyCheck.firstProblem(pieces, specialIds).ifPresent(problem -> {
      throw new IllegalArgumentException("tokenizer: " + problem.text());
    });
    return new SentencePieceModel(List.copyOf(pieces), specialIds, normalization);
  }

  /// Reads a `.model` file, or a `tokenizer.json` of Hugging Face of the same kind.
  ///
  /// @throws ModelFormatException if the file is not what it should be, or of a kind other than unigram
  public static SentencePieceModel read(Path file) throws IOException {
    long bytes = Files.size(file);
    if (bytes > MAX_FILE_BYTES) {
      throw new ModelFormatException(Reason.TOKENIZER_TOO_LARGE, file, bytes + " bytes; at most " + MAX_FILE_BYTES);
    }
    return read(file, Files.readAllBytes(file));
  }

  /// Reads the bytes of such a file.
  ///
  /// @param file what to call it in messages
  public static SentencePieceModel read(Path file, byte[] bytes) throws ModelFormatException {
    // protobuf cannot begin so
    boolean json = bytes.length > 0 && bytes[0] == '{';
    return json ? new TokenizerJson(file).read(bytes) : new SentencePieceReader(file).read(bytes);
  }

  static SentencePieceModel checked(Path file, List<Piece> pieces, SpecialIds specialIds, Normalization normalization)
      throws ModelFormatException {
    var problem = VocabularyCheck.firstProblem(pieces, specialIds);
    if (problem.isPresent()) throw new ModelFormatException(problem.get().reason(), file, problem.get().text());
    return new SentencePieceModel(List.copyOf(pieces), specialIds, normalization);
  }

  /// The pieces in the order of their ids.
  public List<Piece> pieces() { return pieces; }

  public SpecialIds specialIds() { return specialIds; }

  public Normalization normalization() { return normalization; }

  /// Whether what no piece covers is spelled by its bytes.
  public boolean byteFallback() { return pieces.stream().anyMatch(piece -> piece.kind == Kind.BYTE); }

  /// The content of a `.model` file that holds this model.
  public byte[] bytes() { return SentencePieceWriter.write(this); }

  /// Writes a `.model` file, which SentencePiece reads too, as a whole or not at all.
  public void write(Path file) throws IOException { Durable.system().write(file, bytes()); }
}

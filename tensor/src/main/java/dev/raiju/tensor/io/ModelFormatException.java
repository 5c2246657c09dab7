package dev.raiju.tensor.io;

import java.io.IOException;
import java.nio.file.Path;

/// A file that is not what it claims to be, or that we refuse. The message is one line: file, entry, what is wrong.
public final class ModelFormatException extends IOException {
  private static final long serialVersionUID = 1;

  private final Reason reason;

  public ModelFormatException(Reason reason, Path file, String problem) { this(reason, file.toString(), problem); }

  /// A refusal of something that is not a file of its own: `source` says what it is.
  public ModelFormatException(Reason reason, String source, String problem) {
    super(oneLine(source + ": " + problem));
    this.reason = reason;
  }

  /// Why it was refused.
  public Reason reason() { return reason; }

  /// Names come from the file: what would move a terminal's cursor or start a new line is shown as `�`.
  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder(text);
    for (int i = 0; i < line.length(); i++) {
      int type = Character.getType(line.charAt(i));
      if (type == Character.CONTROL || type == Character.FORMAT || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) line.setCharAt(i, '\ufffd');
    }
    return line.toString();
  }

  /// Everything that a file can be refused for. Each place that refuses has a reason of its own, so that the tests can demand
  /// to have seen every one of them.
  public enum Reason {
    /// JSON of more bytes than we read.
    JSON_TOO_LARGE,
    /// JSON that would take far more memory than its own size.
    JSON_TOO_MANY_VALUES,
    /// JSON that ends within a value.
    JSON_ENDS_EARLY,
    /// A byte that cannot stand where it does.
    JSON_SYNTAX,
    /// Something after the end of the JSON value.
    JSON_TRAILING,
    /// Arrays and objects nested too deeply.
    JSON_DEPTH,
    /// One key twice in an object.
    JSON_DUPLICATE_KEY,
    /// Bytes that are not UTF-8.
    JSON_UTF8,
    /// A control character within a string.
    JSON_CONTROL_CHARACTER,
    /// A backslash followed by what is no escape.
    JSON_ESCAPE,
    /// Half of a surrogate pair.
    JSON_SURROGATE,
    /// What begins like a number and is none.
    JSON_NUMBER,
    /// A whole number beyond 64 bits, or a number beyond the largest double.
    JSON_NUMBER_RANGE,
    /// A value of another type than the one needed.
    JSON_WRONG_TYPE,

    /// A key that must be there is not.
    FIELD_MISSING,
    /// A key that means nothing here.
    FIELD_UNKNOWN,
    /// A value outside of what makes sense.
    FIELD_RANGE,

    /// A file too short to be of its kind.
    TOO_SHORT,
    /// A git-lfs pointer in place of the file.
    LFS_POINTER,
    /// A header longer than the format allows.
    HEADER_TOO_LARGE,
    /// A file that ends within its header.
    HEADER_TRUNCATED,
    /// A header that does not begin as it must.
    HEADER_START,
    /// More entries than we read.
    TOO_MANY_ENTRIES,
    /// A name longer than we read.
    NAME_TOO_LONG,
    /// An entry without one of its fields.
    ENTRY_FIELD_MISSING,
    /// An entry with a field that the format does not have.
    ENTRY_FIELD_UNKNOWN,
    /// An element type that we do not read.
    UNSUPPORTED_DTYPE,
    /// More axes than we read.
    RANK,
    /// A size below 0.
    NEGATIVE_SIZE,
    /// Sizes whose product does not fit in 63 bits.
    SIZE_OVERFLOW,
    /// Offsets that are not a begin and an end.
    OFFSETS_COUNT,
    /// An entry that begins before the data.
    OFFSET_NEGATIVE,
    /// An entry that ends before it begins.
    OFFSETS_REVERSED,
    /// An entry with more or fewer bytes than its type and shape need.
    SIZE_MISMATCH,
    /// Bytes that belong to no entry.
    HOLE,
    /// Bytes that belong to two entries.
    OVERLAP,
    /// A file that ends within its data.
    DATA_TRUNCATED,
    /// A file that goes on after its data.
    DATA_TRAILING,

    /// A shard's name that is not a plain file name.
    SHARD_NAME,
    /// More shards than we read.
    TOO_MANY_SHARDS,
    /// A shard that is not there.
    SHARD_MISSING,
    /// A shard that lies outside of the index's directory.
    SHARD_OUTSIDE,
    /// A tensor that is not in the shard that the index names.
    SHARD_LACKS_TENSOR,
    /// A tensor of a shard that the index does not place there.
    SHARD_TENSOR_UNMAPPED,
    /// A directory without weights.
    DIRECTORY_EMPTY,
    /// A directory in which more than one file could be meant.
    DIRECTORY_AMBIGUOUS,

    /// One name twice.
    NAME_TWICE,
    /// Text that is not UTF-8.
    TEXT_UTF8,

    /// A GGUF file that ends within its header.
    GGUF_TRUNCATED,
    /// A version of GGUF that we do not read.
    GGUF_VERSION,
    /// A value of a kind that GGUF does not have.
    GGUF_VALUE,
    /// A truth value that is neither.
    GGUF_FLAG,
    /// Arrays of arrays nested too deeply.
    GGUF_DEPTH,
    /// An alignment that is none.
    GGUF_ALIGNMENT,
    /// Data that do not begin at a multiple of the alignment.
    GGUF_MISALIGNED,
    /// A last axis that does not divide into blocks.
    BLOCK_SIZE,
    /// A block whose scale cannot be held.
    BLOCK_SCALE,

    /// A zip archive without its end.
    ZIP_END,
    /// A zip archive in several parts.
    ZIP_SPLIT,
    /// A zip archive that says two things of one entry, or of itself.
    ZIP_DISAGREES,
    /// Another record of a zip archive than the one that must be there.
    ZIP_RECORD,
    /// A record of a zip archive that ends too early.
    ZIP_TRUNCATED,
    /// An entry's name that leads out of the archive.
    ZIP_NAME,
    /// An encrypted entry.
    ZIP_ENCRYPTED,
    /// A compressed entry.
    ZIP_COMPRESSED,
    /// An extra field longer than the room for it.
    ZIP_EXTRA,
    /// An entry that lies beyond the end of the file.
    ZIP_OUTSIDE,
    /// An entry whose bytes are not those that were stored.
    ZIP_CHECKSUM,

    /// The container that PyTorch wrote before version 1.6.
    TORCH_LEGACY,
    /// Numbers in another byte order than ours.
    TORCH_BYTE_ORDER,
    /// A zip archive that PyTorch did not write.
    PICKLE_MISSING,
    /// A pickle that ends before its last opcode.
    PICKLE_ENDS_EARLY,
    /// Something after the end of a pickle.
    PICKLE_TRAILING,
    /// A later protocol than we read.
    PICKLE_PROTOCOL,
    /// An opcode that tensors do not need.
    PICKLE_OPCODE,
    /// A class or function that is no part of tensors.
    PICKLE_GLOBAL,
    /// A value of another type than the one needed.
    PICKLE_TYPE,
    /// A number beyond 64 bits.
    PICKLE_NUMBER,
    /// Too few values for an opcode.
    PICKLE_UNDERFLOW,
    /// Too many values at the end.
    PICKLE_STACK,
    /// Too many values at one time.
    PICKLE_DEPTH,
    /// A value remembered under too large a number.
    PICKLE_MEMO,
    /// A value that was not remembered.
    PICKLE_UNREMEMBERED,
    /// A pickle that would take far more memory than its own size.
    PICKLE_TOO_MANY_VALUES,
    /// Containers nested too deeply, or in themselves.
    PICKLE_NESTED,
    /// A tensor whose bytes are not in the archive.
    STORAGE_MISSING,
    /// A storage of more elements than there are bytes for.
    STORAGE_SIZE,
    /// A tensor that reaches out of its storage.
    VIEW_OUTSIDE,
    /// A tensor of more elements than its storage has.
    VIEW_EXPANDED,

    /// A tensor that is asked for and not in the file.
    TENSOR_MISSING,
    /// A tensor of another shape than the one asked for.
    TENSOR_SHAPE,

    /// A saved state whose bytes are not those that were saved.
    CHECKSUM,

    /// Protobuf data that ends within a field.
    PROTOBUF_TRUNCATED,
    /// Protobuf data that is not well formed, or with a field of the wrong type.
    PROTOBUF_WIRE,
    /// A tokenizer without one of its parts.
    TOKENIZER_INCOMPLETE,
    /// A larger tokenizer than we read.
    TOKENIZER_TOO_LARGE,
    /// A tokenizer of a kind that we do not read.
    TOKENIZER_UNSUPPORTED,
    /// An empty, doubled or otherwise impossible piece.
    TOKENIZER_PIECE,
    /// A vocabulary without an unknown piece, or with some but not all bytes.
    TOKENIZER_SPECIAL_PIECES,
    /// A character map that points outside of itself.
    TOKENIZER_CHAR_MAP
  }
}

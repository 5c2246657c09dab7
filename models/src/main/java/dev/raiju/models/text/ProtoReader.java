package dev.raiju.models.text;

import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.file.Path;
import java.util.Arrays;

/// A walk over the fields of one protobuf message in memory. Lengths are checked before anything is made of them, nested messages
/// are read by the caller's own code and not by recursion, and groups are refused.
final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final Path file;
  private final String message;
  private final byte[] data;
  private final int end;
  private int at;
  private int field;
  private int wireType;

  ProtoReader(Path file, String message, byte[] data) { this(file, message, data, 0, data.length); }

  private ProtoReader(Path file, String message, byte[] data, int begin, int end) {
    this.file = file;
    this.message = message;
    this.data = data;
    this.at = begin;
    this.end = end;
  }

  /// Moves to the next field; false at the end. Its value must be read or skipped before the next call.
  boolean next() throws ModelFormatException {
    if (at == end) return false;
    long tag = rawVarint();
    field = (int) (tag >>> 3);
    wireType = (int) tag & 7;
    if (field == 0 || tag >>> 32 != 0) throw broken("field number " + (tag >>> 3) + "; needs 1 to 2^29 - 1");
    return true;
  }

  /// The number of the current field.
  int field() { return field; }

  /// The current field's value, an integer.
  long varint() throws ModelFormatException {
    require(VARINT);
    return rawVarint();
  }

  boolean bool() throws ModelFormatException { return varint() != 0; }

  float float32() throws ModelFormatException {
    require(FIXED32);
    int from = take(4);
    int bits = data[from] & 0xFF | (data[from + 1] & 0xFF) << 8 | (data[from + 2] & 0xFF) << 16 | data[from + 3] << 24;
    return Float.intBitsToFloat(bits);
  }

  byte[] bytes() throws ModelFormatException {
    int from = takeBytes();
    return Arrays.copyOfRange(data, from, at);
  }

  /// The current field's value, a text.
  String string() throws ModelFormatException {
    int from = takeBytes();
    return Utf8.decodeStrictly(data, from, at).orElseThrow(() -> broken("field " + field + ": text is not UTF-8"));
  }

  /// The current field's value, a message.
  ProtoReader message(String name) throws ModelFormatException {
    int from = takeBytes();
    return new ProtoReader(file, name, data, from, at);
  }

  void skip() throws ModelFormatException {
    switch (wireType) {
      case VARINT -> rawVarint();
      case FIXED64 -> take(8);
      case BYTES -> takeBytes();
      case FIXED32 -> take(4);
      default -> throw broken("field " + field + ": wire type " + wireType + "; needs 0, 1, 2 or 5");
    }
  }

  private void require(int wanted) throws ModelFormatException {
    if (wireType != wanted) throw broken("field " + field + ": wire type " + wireType + "; needs " + wanted);
  }

  private int takeBytes() throws ModelFormatException {
    require(BYTES);
    return take(rawVarint());
  }

  /// Moves over `length` bytes and gives where they began.
  private int take(long length) throws ModelFormatException {
    if (length < 0 || length > end - at) {
      throw new ModelFormatException(Reason.PROTOBUF_TRUNCATED, file,
          message + ": field " + field + " at byte " + at + ": " + Long.toUnsignedString(length) + " bytes; only " + (end - at)
              + " left");
    }
    at += (int) length;
    return at - (int) length;
  }

  private long rawVarint() throws ModelFormatException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end)
        throw new ModelFormatException(Reason.PROTOBUF_TRUNCATED, file, message + ": ends within a number at byte " + at);
      byte b = data[at++];
      value |= (b & 0x7FL) << shift;
      if (b >= 0) return value;
    }
    throw broken("number of more than 10 bytes");
  }

  /// An exception about the message itself.
  ModelFormatException broken(String problem) {
    return new ModelFormatException(Reason.PROTOBUF_WIRE, file, message + ": byte " + at + ": " + problem);
  }
}

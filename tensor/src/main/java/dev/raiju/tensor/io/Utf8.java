package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Text of a file, which must be UTF-8 to the last byte.
final class Utf8 {
  private Utf8() {}

  /// @param begin where in the file or pickle the text lies, for messages
  static String text(byte[] bytes, long begin, Guard guard) throws ModelFormatException {
    if (isAscii(bytes)) return new String(bytes, StandardCharsets.ISO_8859_1);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw guard.refusal(Reason.TEXT_UTF8, "%d bytes of text at byte %d: not UTF-8", bytes.length, begin);
    }
  }

  /// Nearly all names are, and then there is nothing to check.
  private static boolean isAscii(byte[] bytes) {
    int all = 0;
    for (byte b : bytes) all |= b;
    return all >= 0;
  }
}

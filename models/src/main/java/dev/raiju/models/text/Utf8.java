package dev.raiju.models.text;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// UTF-8 as SentencePiece reads it: a byte that begins no valid character stands alone and means U+FFFD.
final class Utf8 {
  static final int REPLACEMENT = 0xFFFD;

  private Utf8() {}

  /// The bytes of a text; a surrogate without its other half becomes U+FFFD.
  static byte[] encode(String text) { return wellFormed(text).getBytes(StandardCharsets.UTF_8); }

  /// The text with U+FFFD for every surrogate without its other half.
  static String wellFormed(String text) {
    if (loneSurrogate(text) < 0) return text;
    StringBuilder fixed = new StringBuilder(text.length());
    text.codePoints().map(c -> Character.getType(c) == Character.SURROGATE ? REPLACEMENT : c).forEach(fixed::appendCodePoint);
    return fixed.toString();
  }

  /// Where the first surrogate without its other half is, or -1.
  static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) continue;
      if (Character.charCount(text.codePointAt(i)) != 2) return i;
      i++;
    }
    return -1;
  }

  /// The bytes that a character takes according to its first byte, valid or not.
  static int leadLength(byte lead) {
    int b = lead & 0xFF;
    return b < 0xC0 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
  }

  /// The length of the valid character that begins at `at`, or 0 where none does. Overlong forms and surrogates are not valid.
  static int validLength(byte[] text, int at, int end) {
    int b = text[at] & 0xFF;
    if (b < 0x80) return 1;
    if (b < 0xC2 || b > 0xF4) return 0;
    int length = leadLength(text[at]);
    if (end - at < length) return 0;
    int second = text[at + 1] & 0xFF;
    int low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    int high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return 0;
    for (int i = 2; i < length; i++) {
      if ((text[at + i] & 0xC0) != 0x80) return 0;
    }
    return length;
  }

  /// The character of `length` valid bytes at `at`.
  static int codePoint(byte[] text, int at, int length) {
    int first = text[at] & 0xFF;
    int value = length == 1 ? first : first & 0x7F >> length;
    for (int i = 1; i < length; i++) value = value << 6 | text[at + i] & 0x3F;
    return value;
  }

  /// The text of some bytes, each byte that is part of no valid character as U+FFFD.
  static String decode(byte[] bytes, int begin, int end) {
    StringBuilder text = new StringBuilder(end - begin);
    for (int at = begin; at < end;) {
      int length = validLength(bytes, at, end);
      text.appendCodePoint(length == 0 ? REPLACEMENT : codePoint(bytes, at, length));
      at += Math.max(1, length);
    }
    return text.toString();
  }

  /// The text of some bytes, if all of them are valid.
  static Optional<String> decodeStrictly(byte[] bytes, int begin, int end) {
    StringBuilder text = new StringBuilder(end - begin);
    for (int at = begin, length; at < end; at += length) {
      length = validLength(bytes, at, end);
      if (length == 0) return Optional.empty();
      text.appendCodePoint(codePoint(bytes, at, length));
    }
    return Optional.of(text.toString());
  }

  /// [#decodeStrictly] that also takes what older software writes: CESU-8, in which both surrogates of a character are written out,
  /// and U+0000 in two bytes.
  static Optional<String> decodeVariants(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (int at = 0; at < bytes.length;) {
      int length = validLength(bytes, at, bytes.length);
      if (length > 0) {
        text.appendCodePoint(codePoint(bytes, at, length));
      } else if (isSurrogate(bytes, at, 0xA0) && isSurrogate(bytes, at + 3, 0xB0)) {
        length = 6;
        text.append((char) codePoint(bytes, at, 3)).append((char) codePoint(bytes, at + 3, 3));
      } else if (bytes.length - at >= 2 && (bytes[at] & 0xFF) == 0xC0 && (bytes[at + 1] & 0xFF) == 0x80) {
        length = 2;
        text.append('\0');
      } else {
        return Optional.empty();
      }
      at += length;
    }
    return Optional.of(text.toString());
  }

  private static boolean isSurrogate(byte[] bytes, int at, int second) {
    return bytes.length - at >= 3 && (bytes[at] & 0xFF) == 0xED && (bytes[at + 1] & 0xF0) == second && (bytes[at + 2]
        & 0xC0) == 0x80;
  }
}

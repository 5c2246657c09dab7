package dev.raiju.models.text;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/// One text on its way through a [Normalization]. Each step takes the longest rule that matches, or else one character.
final class NormalizationPass {
  private static final byte[] SPACE = Utf8.encode(Normalization.SPACE);
  private static final byte[] REPLACEMENT = Utf8.encode("\uFFFD");

  private final Normalization rules;
  private final byte[] text;
  private final Normalization.Verbatim verbatim;
  private final byte[] space;
  private final ByteArrayOutputStream out;
  private int at;
  // what the last step gave: this stretch of `source`
  private byte[] source = REPLACEMENT;
  private int begin;
  private int end;

  NormalizationPass(Normalization rules, byte[] text, Normalization.Verbatim verbatim) {
    this.rules = rules;
    this.text = text;
    this.verbatim = verbatim;
    this.space = rules.escapeSpaces() ? SPACE : new byte[] {' '};
    this.out = new ByteArrayOutputStream(text.length + 16);
  }

  byte[] run() {
    boolean trim = rules.removeExtraSpaces();
    if (trim) skipLeadingSpaces();
    if (at == text.length) return new byte[0];
    if (rules.dummyPrefix()) out.writeBytes(space);
    for (boolean afterSpace = trim; at < text.length;) {
      step();
      while (afterSpace && begin < end && source[begin] == ' ') begin++;
      if (begin == end) continue;
      for (int i = begin; i < end; i++) {
        if (source[i] == ' ') out.writeBytes(space);
        else
          out.write(source[i]);
      }
      afterSpace = trim && source[end - 1] == ' ';
    }
    byte[] result = out.toByteArray();
    return trim ? withoutTrailingSpaces(result) : result;
  }

  private void step() {
    int same = verbatim.match(text, at);
    long rule = same > 0 ? 0 : rules.map().match(text, at);
    if (rule != 0) {
      at += (int) (rule >>> 32);
      take(rules.map().replacements(), (int) rule, 0);
      while (source[end] != 0) end++;
      return;
    }
    int length = same > 0 ? same : Utf8.validLength(text, at, text.length);
    if (length == 0) take(REPLACEMENT, 0, REPLACEMENT.length);
    else
      take(text, at, length);
    at += Math.max(1, length);
  }

  private void take(byte[] from, int offset, int length) {
    source = from;
    begin = offset;
    end = offset + length;
  }

  private void skipLeadingSpaces() {
    while (at < text.length) {
      int before = at;
      step();
      if (end - begin == 1 && source[begin] == ' ') continue;
      at = before;
      return;
    }
  }

  private byte[] withoutTrailingSpaces(byte[] result) {
    int length = result.length;
    while (length >= space.length && Arrays.equals(result, length - space.length, length, space, 0, space.length)) {
      length -= space.length;
    }
    return Arrays.copyOf(result, length);
  }
}

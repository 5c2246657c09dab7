package dev.raiju.peers;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// A message of protocol buffers, written field by field.
final class Proto {
  private static final int VARINT = 0;
  private static final int BYTES = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Proto number(int field, long value) {
    varint((long) field << 3 | VARINT);
    varint(value);
    return this;
  }

  Proto bytes(int field, byte[] value) {
    varint((long) field << 3 | BYTES);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  Proto text(int field, String value) { return bytes(field, value.getBytes(StandardCharsets.UTF_8)); }

  Proto message(int field, Proto value) { return bytes(field, value.toBytes()); }

  byte[] toBytes() { return out.toByteArray(); }

  private void varint(long value) {
    for (; (value & ~0x7fL) != 0; value >>>= 7) out.write((int) value & 0x7f | 0x80);
    out.write((int) value);
  }
}

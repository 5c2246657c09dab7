package dev.raiju.models.text;

import java.io.ByteArrayOutputStream;

/// Writes the fields of one protobuf message.
final class ProtoWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  ProtoWriter varint(int field, long value) {
    number((long) field << 3);
    return number(value);
  }

  ProtoWriter float32(int field, float value) {
    number((long) field << 3 | 5);
    int bits = Float.floatToRawIntBits(value);
    for (int shift = 0; shift < 32; shift += 8) out.write(bits >> shift);
    return this;
  }

  ProtoWriter bytes(int field, byte[] value) {
    number((long) field << 3 | 2);
    number(value.length);
    out.writeBytes(value);
    return this;
  }

  ProtoWriter string(int field, String value) { return bytes(field, Utf8.encode(value)); }

  ProtoWriter message(int field, ProtoWriter value) { return bytes(field, value.toBytes()); }

  byte[] toBytes() { return out.toByteArray(); }

  private ProtoWriter number(long value) {
    long left = value;
    for (; (left & ~0x7FL) != 0; left >>>= 7) out.write((int) left & 0x7F | 0x80);
    out.write((int) left);
    return this;
  }
}

package dev.raiju.tensor.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes GGUF files field by field.
final class GgufMaker {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /// The beginning of a file of version 3.
  static GgufMaker of(long tensors, long keys) { return new GgufMaker().bytes("GGUF").i32(3).i64(tensors).i64(keys); }

  GgufMaker bytes(String latin) {
    out.writeBytes(Fixtures.latin(latin));
    return this;
  }

  GgufMaker u8(int value) {
    out.write(value);
    return this;
  }

  GgufMaker i32(long value) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
    return this;
  }

  GgufMaker i64(long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    return this;
  }

  GgufMaker text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    i64(utf8.length);
    out.writeBytes(utf8);
    return this;
  }

  /// A record of a tensor; the fastest axis first.
  GgufMaker tensor(String name, int type, long begin, long... sizes) {
    text(name).i32(sizes.length);
    for (long size : sizes) i64(size);
    return i32(type).i64(begin);
  }

  /// Zeros up to the alignment, and as many of them as data.
  GgufMaker data(int bytes) {
    out.writeBytes(new byte[(32 - out.size() % 32) % 32 + bytes]);
    return this;
  }

  byte[] make() { return out.toByteArray(); }
}

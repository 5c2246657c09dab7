package dev.raiju.tensor.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// Files that the reference implementations wrote, and bytes of our own making.
final class Fixtures {
  static final List<String> SAFETENSORS = List.of("weights.safetensors", "fp8.safetensors", "fp8_expected.safetensors",
      "sharded/model-00001-of-00002.safetensors", "sharded/model-00002-of-00002.safetensors");
  static final String INDEX = "sharded/model.safetensors.index.json";

  private Fixtures() {}

  static byte[] bytes(String name) {
    try (InputStream in = Objects.requireNonNull(Fixtures.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A copy of a fixture under its own name.
  static Path copy(String name, Path directory) throws IOException {
    Path file = directory.resolve(name.substring(name.lastIndexOf('/') + 1));
    return Files.write(file, bytes(name));
  }

  /// A safetensors file with this header, and data of zeros.
  static byte[] safetensors(String header, int dataBytes) {
    return safetensors(header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  static byte[] safetensors(byte[] header, int dataBytes) {
    return ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header)
        .array();
  }

  static byte[] latin(String text) { return text.getBytes(StandardCharsets.ISO_8859_1); }

  static byte[] contents(Durable.Contents contents) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    contents.writeTo(Channels.newChannel(out));
    return out.toByteArray();
  }

  /// A file that is these bytes.
  static ByteSource source(byte[] bytes) { return source(bytes, bytes.length); }

  /// A file that begins with these bytes and goes on with zeros up to `size`.
  static ByteSource source(byte[] bytes, long size) {
    return new ByteSource() {
      @Override
      public long size() { return size; }

      @Override
      public byte[] read(long offset, int length) {
        return Arrays.copyOfRange(bytes, Math.toIntExact(offset), Math.toIntExact(offset + length));
      }
    };
  }
}

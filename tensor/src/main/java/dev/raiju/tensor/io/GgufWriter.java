package dev.raiju.tensor.io;

import dev.raiju.tensor.Spec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The bytes of a GGUF file of version 3.
final class GgufWriter implements Durable.Contents {
  private final byte[] start;
  private final ByteBuffer keyValues;
  private final byte[] records;
  private final int alignment;
  private final List<StoredTensor> tensors;

  /// Keys and values as they are stored.
  ///
  /// @param alignment what they say of it
  record KeyValues(long count, ByteBuffer bytes, long alignment) {
    static KeyValues of(Map<String, String> metadata) {
      Record all = new Record();
      metadata.forEach((key, value) -> {
        require(!key.equals(GgufValues.ALIGNMENT), "%s: this key is the format's own", key);
        all.name(key).i32(GgufValues.TEXT).text(value);
      });
      return new KeyValues(metadata.size(), ByteBuffer.wrap(all.bytes()), GgufValues.DEFAULT_ALIGNMENT);
    }
  }

  private GgufWriter(byte[] start, KeyValues keyValues, byte[] records, List<StoredTensor> tensors) {
    this.start = start;
    this.keyValues = keyValues.bytes();
    this.records = records;
    this.alignment = Math.toIntExact(keyValues.alignment());
    this.tensors = tensors;
  }

  static GgufWriter of(List<StoredTensor> tensors, KeyValues keyValues) {
    require(tensors.size() <= SafeTensorsHeader.MAX_ENTRIES, "%d tensors; at most %d", tensors.size(),
        SafeTensorsHeader.MAX_ENTRIES);
    Record start = new Record();
    start.out.writeBytes(GgufHeader.MAGIC);
    start.i32(GgufHeader.VERSION).i64(tensors.size()).i64(keyValues.count());
    Record records = new Record();
    long at = 0;
    for (StoredTensor tensor : tensors) {
      describe(tensor.name(), tensor.spec(), records).i64(at);
      at = Sizes.pad(Sizes.add(at, tensor.spec().bytes()), keyValues.alignment());
    }
    return new GgufWriter(start.bytes(), keyValues, records.bytes(), tensors);
  }

  private static Record describe(String name, Spec spec, Record record) {
    int code = GgufTypes.code(spec.dtype()).orElseThrow(() -> new IllegalArgumentException("gguf: " + name + ": " + spec.dtype()
        + " is not a type of this format; it has " + GgufTypes.NAMES));
    record.name(name).i32(spec.rank());
    for (int axis = spec.rank() - 1; axis >= 0; axis--) record.i64(spec.size(axis));
    return record.i32(code);
  }

  private static void require(boolean holds, String format, Object... values) {
    if (!holds) throw new IllegalArgumentException("gguf: " + String.format(Locale.ROOT, format, values));
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    out.write(ByteBuffer.wrap(start));
    out.write(keyValues.duplicate());
    out.write(ByteBuffer.wrap(records));
    pad(Sizes.add(Sizes.add(start.length, keyValues.remaining()), records.length), out);
    for (StoredTensor tensor : tensors) {
      tensor.bytes().writeTo(out);
      pad(tensor.spec().bytes(), out);
    }
  }

  private void pad(long bytes, WritableByteChannel out) throws IOException {
    out.write(ByteBuffer.allocate((int) (Sizes.pad(bytes, alignment) - bytes)));
  }

  /// Values one after the other.
  private static final class Record {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Record i32(int value) {
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
      return this;
    }

    Record i64(long value) {
      out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
      return this;
    }

    Record text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      i64(utf8.length);
      out.writeBytes(utf8);
      return this;
    }

    Record name(String name) {
      int bytes = name.getBytes(StandardCharsets.UTF_8).length;
      require(bytes <= SafeTensorsHeader.MAX_NAME_BYTES, "a name of %d bytes; at most %d", bytes,
          SafeTensorsHeader.MAX_NAME_BYTES);
      return text(name);
    }

    byte[] bytes() { return out.toByteArray(); }
  }
}

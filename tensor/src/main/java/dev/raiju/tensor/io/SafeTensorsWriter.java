package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// The bytes of a safetensors file.
final class SafeTensorsWriter implements Durable.Contents {
  // by the bytes of UTF-8, as the reference implementation compares; differs from Java's order beyond the basic plane
  private static final Comparator<String> BY_BYTES = (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8),
      b.getBytes(StandardCharsets.UTF_8));

  private final byte[] header;
  private final List<StoredTensor> tensors;

  private SafeTensorsWriter(byte[] header, List<StoredTensor> tensors) {
    this.header = header;
    this.tensors = tensors;
  }

  static SafeTensorsWriter of(List<StoredTensor> tensors, Map<String, String> metadata) {
    require(tensors.size() <= SafeTensorsHeader.MAX_ENTRIES, "%d tensors; at most %d", tensors.size(),
        SafeTensorsHeader.MAX_ENTRIES);
    tensors.forEach(SafeTensorsWriter::check);
    List<StoredTensor> sorted = tensors.stream().sorted(Comparator.<StoredTensor>comparingInt(tensor -> -SafeTensorsHeader.TYPES
        .indexOf(tensor.spec().dtype())).thenComparing(StoredTensor::name, BY_BYTES)).toList();
    return new SafeTensorsWriter(header(sorted, metadata), sorted);
  }

  private static void check(StoredTensor tensor) {
    String name = tensor.name();
    DType type = tensor.spec().dtype();
    require(SafeTensorsHeader.TYPES.contains(type), "%s: %s is not a type of this format; convert it", name, type);
    require(!name.equals(SafeTensorsHeader.METADATA), "%s: this name is the format's own", name);
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    require(bytes <= SafeTensorsHeader.MAX_NAME_BYTES, "a name of %d bytes; at most %d", bytes,
        SafeTensorsHeader.MAX_NAME_BYTES);
  }

  private static void require(boolean holds, String format, Object... values) {
    if (!holds) throw new IllegalArgumentException("safetensors: " + String.format(Locale.ROOT, format, values));
  }

  private static byte[] header(List<StoredTensor> sorted, Map<String, String> metadata) {
    StringBuilder json = new StringBuilder("{");
    if (!metadata.isEmpty()) metadata(metadata, json);
    long at = 0;
    for (StoredTensor tensor : sorted) {
      Spec spec = tensor.spec();
      if (json.length() > 1) json.append(',');
      JsonText.quote(tensor.name(), json);
      json.append(":{\"dtype\":\"").append(spec.dtype().name()).append("\",\"shape\":");
      json.append(spec.shape().toString().replace(" ", "")).append(",\"data_offsets\":[").append(at);
      at = Sizes.add(at, spec.bytes());
      json.append(',').append(at).append("]}");
    }
    byte[] text = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    int length = Math.toIntExact(Sizes.pad(text.length, SafeTensorsHeader.LENGTH_BYTES));
    require(length <= SafeTensorsHeader.MAX_BYTES, "header of %d bytes; at most %d", length, SafeTensorsHeader.MAX_BYTES);
    byte[] header = Arrays.copyOf(text, length);
    Arrays.fill(header, text.length, length, (byte) ' ');
    return header;
  }

  private static void metadata(Map<String, String> metadata, StringBuilder json) {
    JsonText.quote(SafeTensorsHeader.METADATA, json);
    String separator = ":{";
    for (var member : new TreeMap<>(metadata).entrySet()) {
      json.append(separator);
      JsonText.quote(member.getKey(), json);
      json.append(':');
      JsonText.quote(member.getValue(), json);
      separator = ",";
    }
    json.append('}');
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    out.write(ByteBuffer.allocate(SafeTensorsHeader.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip());
    out.write(ByteBuffer.wrap(header));
    for (StoredTensor tensor : tensors) tensor.bytes().writeTo(out);
  }
}

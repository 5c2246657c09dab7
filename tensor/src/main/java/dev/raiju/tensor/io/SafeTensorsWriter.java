package dev.raiju.tensor.io;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
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
  // what is brought from a device, or handed to the system, at one time
  private static final long CHUNK = 16 << 20;
  // by the bytes of UTF-8, as the reference implementation compares; differs from Java's order beyond the basic plane
  private static final Comparator<String> BY_BYTES = (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8),
      b.getBytes(StandardCharsets.UTF_8));

  private final byte[] header;
  private final List<Map.Entry<String, Tensor>> tensors;

  private SafeTensorsWriter(byte[] header, List<Map.Entry<String, Tensor>> tensors) {
    this.header = header;
    this.tensors = tensors;
  }

  static SafeTensorsWriter of(Map<String, Tensor> tensors, Map<String, String> metadata) {
    require(tensors.size() <= SafeTensorsHeader.MAX_ENTRIES, "%d tensors; at most %d", tensors.size(),
        SafeTensorsHeader.MAX_ENTRIES);
    tensors.forEach(SafeTensorsWriter::check);
    List<Map.Entry<String, Tensor>> sorted = tensors.entrySet().stream().map(Map.Entry::copyOf).sorted(
        Comparator.<Map.Entry<String, Tensor>>comparingInt(e -> -SafeTensorsHeader.TYPES.indexOf(e.getValue().dtype()))
            .thenComparing(Map.Entry::getKey, BY_BYTES)).toList();
    return new SafeTensorsWriter(header(sorted, metadata), sorted);
  }

  private static void check(String name, Tensor tensor) {
    require(SafeTensorsHeader.TYPES.contains(tensor.dtype()), "%s: %s is not a type of this format; store its parts as tensors",
        name, tensor.dtype());
    require(!name.equals(SafeTensorsHeader.METADATA), "%s: this name is the format's own", name);
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    require(bytes <= SafeTensorsHeader.MAX_NAME_BYTES, "a name of %d bytes; at most %d", bytes,
        SafeTensorsHeader.MAX_NAME_BYTES);
  }

  private static void require(boolean holds, String format, Object... values) {
    if (!holds) throw new IllegalArgumentException("safetensors: " + String.format(Locale.ROOT, format, values));
  }

  private static byte[] header(List<Map.Entry<String, Tensor>> sorted, Map<String, String> metadata) {
    StringBuilder json = new StringBuilder("{");
    if (!metadata.isEmpty()) metadata(metadata, json);
    long at = 0;
    for (var named : sorted) {
      Tensor tensor = named.getValue();
      if (json.length() > 1) json.append(',');
      JsonText.quote(named.getKey(), json);
      json.append(":{\"dtype\":\"").append(tensor.dtype().name()).append("\",\"shape\":").append(tensor.shape().toString()
          .replace(
              " ", "")).append(",\"data_offsets\":[").append(at);
      at = Sizes.add(at, tensor.spec().bytes());
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
    for (var named : tensors) write(named.getValue(), out);
  }

  private static void write(Tensor tensor, WritableByteChannel out) throws IOException {
    try (Scope scope = Scope.open(); Tensor plain = Trace.silently(tensor::contiguous).alias()) {
      long begin = plain.layout().offset() * plain.dtype().unitBytes();
      if (plain.buffer() instanceof HostBuffer host) write(host.segment().asSlice(begin, plain.spec().bytes()), out);
      else
        writeStaged(plain, begin, out);
    }
  }

  private static void write(MemorySegment bytes, WritableByteChannel out) throws IOException {
    for (long done = 0; done < bytes.byteSize(); done += CHUNK) {
      out.write(bytes.asSlice(done, Math.min(CHUNK, bytes.byteSize() - done)).asByteBuffer());
    }
  }

  private static void writeStaged(Tensor plain, long begin, WritableByteChannel out) throws IOException {
    HostBuffer staging = HostMemory.allocate(CHUNK);
    try {
      long bytes = plain.spec().bytes();
      for (long done = 0; done < bytes; done += CHUNK) {
        MemorySegment chunk = staging.segment().asSlice(0, Math.min(CHUNK, bytes - done));
        plain.device().backend().read(plain.buffer(), begin + done, chunk);
        write(chunk, out);
      }
    } finally {
      staging.release();
    }
  }
}

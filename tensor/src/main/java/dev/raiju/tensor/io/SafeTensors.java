package dev.raiju.tensor.io;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// A safetensors file: tensors with names, and nothing that could be executed. <https://github.com/huggingface/safetensors>
///
/// The file is mapped; the mapping lives as long as this object or a tensor over it does.
public final class SafeTensors implements TensorFile {
  private final String source;
  private final SafeTensorsHeader header;
  // counts this object and every tensor over the mapping as an owner; the last one unmaps
  private final HostBuffer mapping;
  private boolean closed;

  private SafeTensors(String source, SafeTensorsHeader header, HostBuffer mapping) {
    this.source = source;
    this.header = header;
    this.mapping = mapping;
  }

  /// Opens and checks a file.
  ///
  /// @throws ModelFormatException if it is not a safetensors file, or damaged
  public static SafeTensors open(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      SafeTensorsHeader header = SafeTensorsHeader.read(ByteSource.of(channel), new Guard(file.toString()));
      return new SafeTensors(file.toString(), header, map(channel));
    }
  }

  private static HostBuffer map(FileChannel channel) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return HostBuffer.over(channel.map(MapMode.READ_ONLY, 0, channel.size(), arena), arena::close);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// Writes tensors to a file as the reference implementation does, byte for byte: sorted by type, then by name. The file is
  /// there as a whole or not at all.
  ///
  /// @throws IllegalArgumentException if a tensor is of a type that the format does not have, or a name cannot be stored
  /// @throws StorageException if the file could not be written
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
    Durable.system().write(file, contents(tensors, metadata));
  }

  /// What [#write] writes, to be written in another way, such as into a [StagedDirectory].
  public static Durable.Contents contents(Map<String, Tensor> tensors, Map<String, String> metadata) {
    return SafeTensorsWriter.of(tensors, metadata);
  }

  @Override
  public Map<String, Spec> entries() {
    Map<String, Spec> specs = LinkedHashMap.newLinkedHashMap(header.entries().size());
    header.entries().forEach((name, entry) -> specs.put(name, entry.spec()));
    return Collections.unmodifiableMap(specs);
  }

  @Override
  public Map<String, String> metadata() { return header.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException { return entry(name).spec(); }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    SafeTensorsHeader.Entry entry = entry(name);
    synchronized (this) {
      if (closed) throw new IllegalStateException(source + ": used after close");
      mapping.retain();
    }
    MemorySegment bytes = mapping.segment().asSlice(Sizes.add(header.dataBegin(), entry.begin()), entry.end() - entry.begin());
    if (device.backend() instanceof HostBackend) {
      return Tensor.over(entry.spec(), HostBuffer.over(bytes, mapping::release), device);
    }
    try {
      return Tensor.of(entry.spec(), bytes, device);
    } finally {
      mapping.release();
    }
  }

  /// Whether there is a tensor of this name.
  boolean contains(String name) { return header.entries().containsKey(name); }

  private SafeTensorsHeader.Entry entry(String name) throws ModelFormatException {
    SafeTensorsHeader.Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, source, name + ": not in the file" + new Nearest(name,
          header.entries().keySet()));
    }
    return entry;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) return;
      closed = true;
    }
    mapping.release();
  }

  @Override
  public String toString() { return source; }
}

package dev.raiju.tensor.io;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// A GGUF file, as llama.cpp and its relatives use: tensors with names, many of them in packed types, and keys with values.
/// <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>
///
/// Versions 2 and 3, little-endian. The file is mapped; packed tensors are given, and computed with, as they lie in it.
public final class Gguf implements TensorFile {
  private final GgufHeader header;
  private final MappedFile file;

  private Gguf(GgufHeader header, MappedFile file) {
    this.header = header;
    this.file = file;
  }

  /// Opens and checks a file.
  ///
  /// @throws ModelFormatException if it is not a GGUF file, or damaged
  public static Gguf open(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      GgufHeader header = GgufHeader.read(ByteSource.of(channel), new Guard(file.toString()));
      return new Gguf(header, MappedFile.of(channel, file.toString()));
    }
  }

  /// Writes tensors to a file, in the order of the map. The file is there as a whole or not at all.
  ///
  /// @param metadata keys and their values, stored as text
  /// @throws IllegalArgumentException if a tensor is of a type that the format does not have
  /// @throws StorageException if the file could not be written
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
    Durable.system().write(file, contents(tensors, metadata));
  }

  /// What [#write] writes, to be written in another way, such as into a [StagedDirectory].
  public static Durable.Contents contents(Map<String, Tensor> tensors, Map<String, String> metadata) {
    return GgufWriter.of(StoredTensor.of(tensors), GgufWriter.KeyValues.of(metadata));
  }

  /// The same with the tensors of another file, which stays open until it is written; one at a time is in memory.
  public static Durable.Contents contents(TensorFile tensors, Map<String, String> metadata) {
    return GgufWriter.of(StoredTensor.of(tensors), GgufWriter.KeyValues.of(metadata));
  }

  /// Other tensors with the keys and values of this file, whose kinds stay what they are.
  public Durable.Contents contentsLikeThis(TensorFile tensors) {
    GgufValues values = header.values();
    MemorySegment bytes = file.bytes(values.begin(), values.end() - values.begin());
    return GgufWriter.of(StoredTensor.of(tensors), new GgufWriter.KeyValues(values.count(), bytes.asByteBuffer(), values
        .alignment()));
  }

  @Override
  public Map<String, Spec> entries() {
    Map<String, Spec> specs = LinkedHashMap.newLinkedHashMap(header.entries().size());
    header.entries().forEach((name, entry) -> specs.put(name, entry.spec()));
    return Collections.unmodifiableMap(specs);
  }

  /// The keys and values; of arrays of more than a few values only how many there are.
  @Override
  public Map<String, String> metadata() { return header.values().texts(); }

  @Override
  public Spec spec(String name) throws ModelFormatException { return entry(name).spec(); }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    GgufHeader.Entry entry = entry(name);
    return file.tensor(entry.spec(), Sizes.add(header.dataBegin(), entry.begin()), device);
  }

  private GgufHeader.Entry entry(String name) throws ModelFormatException {
    GgufHeader.Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, toString(), name + ": not in the file" + new Nearest(name,
          header.entries().keySet()));
    }
    return entry;
  }

  @Override
  public void close() { file.close(); }

  @Override
  public String toString() { return file.toString(); }
}

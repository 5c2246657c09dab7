package dev.raiju.tensor.io;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// A safetensors file: tensors with names, and nothing that could be executed. <https://github.com/huggingface/safetensors>
///
/// The file is mapped; the mapping lives as long as this object or a tensor over it does.
public final class SafeTensors implements TensorFile {
  private final SafeTensorsHeader header;
  private final MappedFile file;

  private SafeTensors(SafeTensorsHeader header, MappedFile file) {
    this.header = header;
    this.file = file;
  }

  /// Opens and checks a file.
  ///
  /// @throws ModelFormatException if it is not a safetensors file, or damaged
  public static SafeTensors open(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      SafeTensorsHeader header = SafeTensorsHeader.read(ByteSource.of(channel), new Guard(file.toString()));
      return new SafeTensors(header, MappedFile.of(channel, file.toString()));
    }
  }

  /// A file that is in memory, such as a resource of a program.
  ///
  /// @param source what it is called in messages
  /// @throws ModelFormatException if it is not a safetensors file, or damaged
  public static SafeTensors of(byte[] file, String source) throws IOException {
    SafeTensorsHeader header = SafeTensorsHeader.read(ByteSource.of(file), new Guard(source));
    return new SafeTensors(header, MappedFile.of(file, source));
  }

  /// Writes tensors to a file as the reference implementation does, byte for byte: sorted by type, then by name. The file is
  /// there as a whole or not at all. Matrices of block types are written as [AffineFile] reads them.
  ///
  /// @throws IllegalArgumentException if a tensor is of a type that the format does not have, or a name cannot be stored
  /// @throws StorageException if the file could not be written
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
    Durable.system().write(file, contents(tensors, metadata));
  }

  /// What [#write] writes, to be written in another way, such as into a [StagedDirectory].
  public static Durable.Contents contents(Map<String, Tensor> tensors, Map<String, String> metadata) {
    List<Spec> specs = tensors.values().stream().map(Tensor::spec).toList();
    return SafeTensorsWriter.of(StoredTensor.of(tensors), AffineParts.metadata(metadata, specs));
  }

  /// The same with the tensors of another file, which stays open until it is written; one at a time is in memory.
  public static Durable.Contents contents(TensorFile tensors, Map<String, String> metadata) {
    return SafeTensorsWriter.of(StoredTensor.of(tensors), AffineParts.metadata(metadata, tensors.entries().values()));
  }

  /// The same with tensors whose bytes are made while they are written, so that none is in memory.
  ///
  /// @param specs none of a block type
  /// @param bytes writes the bytes of a tensor, asked for once and in the order of the file
  public static Durable.Contents contents(Map<String, Spec> specs, Function<String, Durable.Contents> bytes,
      Map<String, String> metadata) {
    return SafeTensorsWriter.of(specs.entrySet().stream().map(entry -> new StoredTensor(entry.getKey(), entry.getValue(),
        out -> bytes.apply(entry.getKey()).writeTo(out))).toList(), metadata);
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
    return file.tensor(entry.spec(), Sizes.add(header.dataBegin(), entry.begin()), device);
  }

  /// Whether there is a tensor of this name.
  boolean contains(String name) { return header.entries().containsKey(name); }

  private SafeTensorsHeader.Entry entry(String name) throws ModelFormatException {
    SafeTensorsHeader.Entry entry = header.entries().get(name);
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

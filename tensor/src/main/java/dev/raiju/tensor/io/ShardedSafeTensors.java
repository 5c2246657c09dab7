package dev.raiju.tensor.io;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;

/// Several safetensors files and an index that says which tensor is in which, as large models are published.
///
/// Index and shards must agree: every tensor of the index is in its shard, and every tensor of a shard is in the index.
public final class ShardedSafeTensors implements TensorFile {
  private final String source;
  private final ShardIndex index;
  private final Map<String, SafeTensors> shards;
  private final Map<String, Spec> specs;

  private ShardedSafeTensors(String source, ShardIndex index, Map<String, SafeTensors> shards) {
    this.source = source;
    this.index = index;
    this.shards = shards;
    Map<String, Spec> specs = LinkedHashMap.newLinkedHashMap(index.shards().size());
    shards.values().forEach(shard -> specs.putAll(shard.entries()));
    this.specs = Collections.unmodifiableMap(specs);
  }

  /// Opens an index, `….safetensors.index.json`, and all its shards.
  ///
  /// @throws ModelFormatException if one of the files is damaged, or they do not belong together
  public static ShardedSafeTensors open(Path file) throws IOException { return open(file, new Guard(file.toString())); }

  static ShardedSafeTensors open(Path file, Guard guard) throws IOException {
    ShardIndex index = ShardIndex.parse(JsonTree.bytes(file), guard);
    Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file lies in a directory");
    Map<String, SafeTensors> shards = new LinkedHashMap<>();
    boolean whole = false;
    try {
      for (String name : new LinkedHashSet<>(index.shards().values())) {
        shards.put(name, SafeTensors.open(ShardIndex.locate(directory, name, guard)));
      }
      checkAgreement(index, shards, guard);
      whole = true;
      return new ShardedSafeTensors(file.toString(), index, shards);
    } finally {
      if (!whole) shards.values().forEach(SafeTensors::close);
    }
  }

  /// Writes a folder with the tensors of another file in shards and an index, of which all are there or none.
  ///
  /// @param tensors one at a time is in memory
  /// @param metadata of every shard
  /// @param shardBytes how large a shard may be; one of a single tensor may be larger
  /// @throws StorageException if there is something of that name, or it could not be written
  public static void write(Path folder, TensorFile tensors, Map<String, String> metadata, long shardBytes) throws IOException {
    ShardWriter.write(folder, tensors, metadata, shardBytes);
  }

  private static void checkAgreement(ShardIndex index, Map<String, SafeTensors> shards, Guard guard) throws ModelFormatException {
    for (var mapped : index.shards().entrySet()) {
      guard.enter(mapped.getKey());
      SafeTensors shard = shards.get(mapped.getValue());
      guard.check(shard != null && shard.contains(mapped.getKey()), Reason.SHARD_LACKS_TENSOR,
          "not in its shard %s", mapped.getValue());
    }
    for (var shard : shards.entrySet()) {
      for (String name : shard.getValue().entries().keySet()) {
        guard.enter(name);
        guard.check(shard.getKey().equals(index.shards().get(name)), Reason.SHARD_TENSOR_UNMAPPED,
            "in shard %s; the index does not place it there", shard.getKey());
      }
    }
  }

  @Override
  public Map<String, Spec> entries() { return specs; }

  /// The `metadata` of the index; numbers are given as text.
  @Override
  public Map<String, String> metadata() { return index.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException { return shard(name).spec(name); }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException { return shard(name).tensor(name, device); }

  private SafeTensors shard(String name) throws ModelFormatException {
    SafeTensors shard = shards.get(index.shards().getOrDefault(name, ""));
    if (shard == null) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, source, name + ": not in the index" + new Nearest(name,
          specs.keySet()));
    }
    return shard;
  }

  @Override
  public void close() { shards.values().forEach(SafeTensors::close); }

  @Override
  public String toString() { return source; }
}

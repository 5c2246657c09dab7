package dev.raiju.tensor.io;

import dev.raiju.tensor.Spec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Writes a folder of shards with their index.
final class ShardWriter {
  private ShardWriter() {}

  static void write(Path folder, TensorFile tensors, Map<String, String> metadata, long shardBytes) throws IOException {
    List<List<StoredTensor>> shards = shards(StoredTensor.of(tensors), shardBytes);
    if (shards.size() > ShardIndex.MAX_SHARDS) {
      throw new IllegalArgumentException("shards: " + shards.size() + " of at most " + shardBytes + " bytes; at most "
          + ShardIndex.MAX_SHARDS);
    }
    Map<String, String> said = AffineParts.metadata(metadata, tensors.entries().values());
    Map<String, Json> places = new LinkedHashMap<>();
    try (StagedDirectory staged = Durable.system().stage(folder)) {
      for (int i = 0; i < shards.size(); i++) {
        String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
        staged.write(name, SafeTensorsWriter.of(shards.get(i), said));
        for (StoredTensor tensor : shards.get(i)) places.put(tensor.name(), new Json.Str(name));
      }
      long total = tensors.entries().values().stream().mapToLong(Spec::bytes).reduce(0, Sizes::add);
      String index = Json.object().with("metadata", Json.object().with("total_size", total)).with("weight_map", new Json.Obj(
          places)).compact();
      staged.write("model.safetensors.index.json", out -> out.write(ByteBuffer.wrap(index.getBytes(
          StandardCharsets.UTF_8))));
      staged.commit();
    }
  }

  /// In the order of the file, each as full as it can be, and none empty but the only one.
  private static List<List<StoredTensor>> shards(List<StoredTensor> tensors, long shardBytes) {
    List<List<StoredTensor>> shards = new ArrayList<>(List.of(new ArrayList<>()));
    long bytes = 0;
    for (StoredTensor tensor : tensors) {
      bytes = Sizes.add(bytes, tensor.spec().bytes());
      if (bytes > shardBytes && !shards.getLast().isEmpty()) {
        shards.add(new ArrayList<>());
        bytes = tensor.spec().bytes();
      }
      shards.getLast().add(tensor);
    }
    return shards;
  }
}

package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A tensor that goes into a file: its kind is known before, its bytes are asked for once, when their turn has come.
///
/// A matrix of a block type is three of them; see [AffineParts].
record StoredTensor(String name, Spec spec, Durable.Contents bytes) {
  static List<StoredTensor> of(Map<String, Tensor> tensors) {
    return tensors.entrySet().stream().flatMap(named -> {
      Tensor tensor = named.getValue();
      if (tensor.dtype().kind() == DType.Kind.BLOCK) {
        return AffineParts.of(named.getKey(), tensor.spec(), () -> tensor).stream();
      }
      return Stream.of(new StoredTensor(named.getKey(), tensor.spec(), out -> TensorBytes.write(tensor, out)));
    }).toList();
  }

  /// The tensors of another file, of which one at a time is in memory.
  static List<StoredTensor> of(TensorFile file) {
    return file.entries().entrySet().stream().flatMap(entry -> {
      String name = entry.getKey();
      if (entry.getValue().dtype().kind() == DType.Kind.BLOCK) {
        return AffineParts.of(name, entry.getValue(), () -> file.tensor(name, Device.best())).stream();
      }
      return Stream.of(new StoredTensor(name, entry.getValue(), out -> copy(file, name, out)));
    }).toList();
  }

  private static void copy(TensorFile file, String name, WritableByteChannel out) throws IOException {
    try (Scope scope = Scope.open()) {
      TensorBytes.write(file.tensor(name, Device.best()), out);
    }
  }
}

package dev.raiju.tensor.io;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Map;

/// A tensor that goes into a file: its kind is known before, its bytes are asked for once, when their turn has come.
record StoredTensor(String name, Spec spec, Durable.Contents bytes) {
  static List<StoredTensor> of(Map<String, Tensor> tensors) {
    return tensors.entrySet().stream().map(named -> {
      Tensor tensor = named.getValue();
      return new StoredTensor(named.getKey(), tensor.spec(), out -> TensorBytes.write(tensor, out));
    }).toList();
  }

  /// The tensors of another file, of which one at a time is in memory.
  static List<StoredTensor> of(TensorFile file) {
    return file.entries().entrySet().stream().map(entry -> new StoredTensor(entry.getKey(), entry.getValue(), out -> copy(file,
        entry.getKey(), out))).toList();
  }

  private static void copy(TensorFile file, String name, WritableByteChannel out) throws IOException {
    try (Scope scope = Scope.open()) {
      TensorBytes.write(file.tensor(name, Device.best()), out);
    }
  }
}

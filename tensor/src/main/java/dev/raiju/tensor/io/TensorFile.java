package dev.raiju.tensor.io;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Named tensors in a file, or in several that belong together.
///
/// ```java
/// try (TensorFile file = TensorFile.open(Path.of("models/wan"))) {
///   Tensor w = file.tensor("blocks.0.ffn.0.weight", Device.best());
/// }
/// ```
/// Opening checks everything that the file says of itself and reads no values. The files must not change while a tensor over
/// them lives. Safe for use by several threads.
public interface TensorFile extends AutoCloseable {
  /// Opens a file of any [TensorFormat], whatever it is called, or a directory that holds one: the index of shards if there is
  /// one, else the only safetensors file, the only GGUF file, or the only one of PyTorch.
  ///
  /// @throws ModelFormatException if it is none of these, or damaged
  static TensorFile open(Path path) throws IOException {
    if (Files.isDirectory(path)) return open(WeightsDirectory.find(path, new Guard(path.toString())));
    return switch (TensorFormat.of(path).orElse(TensorFormat.SAFETENSORS)) {
      // what nobody knows is refused there, with what was found
      case SAFETENSORS -> SafeTensors.open(path);
      case SHARDED_SAFETENSORS -> ShardedSafeTensors.open(path);
      case TORCH -> TorchZip.open(path);
      case GGUF -> Gguf.open(path);
    };
  }

  /// What is in the file: for every name the kind of its tensor, in the order in which they are stored.
  Map<String, Spec> entries();

  /// What else the file says, as text.
  Map<String, String> metadata();

  /// The kind of a tensor.
  ///
  /// @throws ModelFormatException if there is no such tensor
  Spec spec(String name) throws ModelFormatException;

  /// A tensor of the file. On devices that compute in host memory it lies in the mapped file: nothing is read before it is used,
  /// and it may begin at any byte. On others it is a copy. It may outlive this object.
  ///
  /// @throws ModelFormatException if there is no such tensor
  Tensor tensor(String name, Device device) throws ModelFormatException;

  /// A tensor that must have this shape.
  ///
  /// @throws ModelFormatException if there is no such tensor, or it has another shape
  default Tensor tensor(String name, Shape shape, Device device) throws ModelFormatException {
    Shape found = spec(name).shape();
    if (!found.equals(shape)) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, toString(),
          name + ": shape " + found + " in the file; the model has " + shape);
    }
    return tensor(name, device);
  }

  /// Lets go of the file. Tensors that were taken from it stay as they are: the mapping goes with the last of them.
  @Override
  void close();
}

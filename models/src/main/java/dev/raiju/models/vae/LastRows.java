package dev.raiju.models.vae;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.TensorFile;
import java.util.LinkedHashMap;
import java.util.Map;

/// A file in which some tensors show only their last rows: those that have more than a model wants.
///
/// @param wanted the shapes the model has, by name
/// @param prefix tensors with other names are not seen
record LastRows(TensorFile file, Map<String, Shape> wanted, String prefix) implements TensorFile {
  @Override
  public Map<String, Spec> entries() {
    Map<String, Spec> entries = new LinkedHashMap<>(file.entries());
    entries.keySet().removeIf(name -> !name.startsWith(prefix));
    entries.replaceAll(this::cut);
    return entries;
  }

  private Spec cut(String name, Spec stored) {
    Shape shape = wanted.get(name);
    if (shape == null || stored.rank() != shape.rank() || stored.size(0) <= shape.size(0)) return stored;
    return stored.shape().with(0, shape.size(0)).equals(shape) ? stored.with(shape) : stored;
  }

  @Override
  public Map<String, String> metadata() { return file.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException { return cut(name, file.spec(name)); }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException {
    Tensor whole = file.tensor(name, device);
    long rows = spec(name).size(0);
    return whole.slice(0, whole.size(0) - rows, rows);
  }

  @Override
  public void close() { file.close(); }

  @Override
  public String toString() { return file.toString(); }
}

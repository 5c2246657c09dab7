package dev.raiju.models.nn;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.Nearest;
import dev.raiju.tensor.io.TensorFile;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// A file whose tensors have other names.
///
/// @param names what each is called in the file, by its name here
record RenamedFile(TensorFile file, Map<String, String> names) implements TensorFile {
  @Override
  public Map<String, Spec> entries() {
    Map<String, Spec> stored = file.entries();
    Map<String, Spec> entries = new LinkedHashMap<>();
    names.forEach((here, there) -> {
      Spec spec = stored.get(there);
      if (spec != null) entries.put(here, spec);
    });
    return Collections.unmodifiableMap(entries);
  }

  @Override
  public Map<String, String> metadata() { return file.metadata(); }

  @Override
  public Spec spec(String name) throws ModelFormatException { return file.spec(stored(name)); }

  @Override
  public Tensor tensor(String name, Device device) throws ModelFormatException { return file.tensor(stored(name), device); }

  private String stored(String name) throws ModelFormatException {
    String stored = names.get(name);
    if (stored == null) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, toString(), name + ": not in the file" + new Nearest(name, names
          .keySet()));
    }
    return stored;
  }

  @Override
  public void close() { file.close(); }

  @Override
  public String toString() { return file.toString(); }
}

package dev.raiju.models.verify;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// A file of reference results that another implementation computed: inputs, weights, intermediates, outputs, and the sizes that
/// they were computed with.
///
/// Metadata `file` says what kind of file it is, `config` holds sizes and cases as JSON. It remembers which of its tensors
/// somebody asked for. Use by one thread.
public final class GoldenFile implements AutoCloseable {
  private final Path path;
  private final TensorFile tensors;
  private final Device device;
  private final Fields config;
  private final Map<String, GoldenFile> siblings = new LinkedHashMap<>();
  private final Set<String> used = new HashSet<>();

  private GoldenFile(Path path, TensorFile tensors, Device device) throws ModelFormatException {
    this.path = path;
    this.tensors = tensors;
    this.device = device;
    this.config = Fields.of(path + ": config", Json.parse(path + ": config", metadata("config")));
  }

  /// Opens a file whose tensors will be wanted on `device`.
  ///
  /// @throws ModelFormatException if it is no such file
  public static GoldenFile open(Path path, Device device) throws IOException {
    TensorFile tensors = SafeTensors.open(path);
    try {
      return new GoldenFile(path, tensors, device);
    } catch (IOException | RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  private String metadata(String name) throws ModelFormatException {
    String value = tensors.metadata().get(name);
    if (value == null)
      throw new ModelFormatException(Reason.FIELD_MISSING, path, "no " + name + " in its metadata; not a golden file");
    return value;
  }

  /// What kind of file it is, such as `wan_dit`.
  public String kind() throws ModelFormatException { return metadata("file"); }

  public Path path() { return path; }

  /// Where its tensors are computed with.
  public Device device() { return device; }

  /// Sizes and cases.
  public Fields config() { return config; }

  /// The file of another kind in the same folder, on which this one rests.
  ///
  /// @throws IOException if it is not there
  public GoldenFile sibling(String kind) throws IOException {
    GoldenFile known = siblings.get(kind);
    if (known != null) return known;
    GoldenFile sibling = open(path.resolveSibling(kind + ".safetensors"), device);
    siblings.put(kind, sibling);
    return sibling;
  }

  public boolean has(String name) { return tensors.entries().containsKey(name); }

  /// The names of all tensors that begin with `prefix`, in the order of the file.
  public Set<String> names(String prefix) {
    Set<String> names = new LinkedHashSet<>(tensors.entries().keySet());
    names.removeIf(name -> !name.startsWith(prefix));
    return names;
  }

  /// A tensor, on the device of this file.
  ///
  /// @throws ModelFormatException if there is none of this name
  public Tensor tensor(String name) throws ModelFormatException {
    Tensor tensor = tensors.tensor(name, device);
    used.add(name);
    return tensor;
  }

  /// The tensors whose names begin with `prefix`, as a file of their own: without the prefix, and with `added` in its place.
  public TensorFile part(String prefix, String added) { return new Part(prefix, added); }

  /// The weights under `prefix`, without it.
  public TensorFile weights(String prefix) { return part(prefix, ""); }

  /// How many tensors nobody asked for.
  public long unused() { return tensors.entries().keySet().stream().filter(name -> !used.contains(name)).count(); }

  @Override
  public void close() {
    siblings.values().forEach(GoldenFile::close);
    tensors.close();
  }

  @Override
  public String toString() { return path.toString(); }

  private final class Part implements TensorFile {
    private final String prefix;
    private final String added;

    Part(String prefix, String added) {
      this.prefix = prefix;
      this.added = added;
    }

    private String whole(String name) { return prefix + name.substring(added.length()); }

    @Override
    public Map<String, Spec> entries() {
      Map<String, Spec> entries = new LinkedHashMap<>();
      tensors.entries().forEach((name, spec) -> {
        if (name.startsWith(prefix)) entries.put(added + name.substring(prefix.length()), spec);
      });
      return entries;
    }

    @Override
    public Map<String, String> metadata() { return tensors.metadata(); }

    @Override
    public Spec spec(String name) throws ModelFormatException { return tensors.spec(whole(name)); }

    @Override
    public Tensor tensor(String name, Device to) throws ModelFormatException {
      used.add(whole(name));
      return tensors.tensor(whole(name), to);
    }

    /// The file as a whole goes on.
    @Override
    public void close() {}

    @Override
    public String toString() { return path.toString(); }
  }
}

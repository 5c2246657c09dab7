package dev.raiju.training.loop;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Disk;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.StagedDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Where a training run keeps its states: `step-000100/` with `state.safetensors` and `manifest.json`, written as a whole or not
/// at all. Once [#save] has returned, that state or a newer one can be loaded, whatever happens.
///
/// Held by one process at a time.
public final class RunDirectory implements AutoCloseable {
  private static final String TENSORS = "state.safetensors";
  private static final String MANIFEST = "manifest.json";
  private static final long VERSION = 1;
  /// One may turn out to be damaged.
  private static final int KEPT = 2;

  private final Path directory;
  private final Durable durable;
  private final Disk.Lock lock;
  private final List<String> skipped = new ArrayList<>();

  private RunDirectory(Path directory, Durable durable, Disk.Lock lock) {
    this.directory = directory;
    this.durable = durable;
    this.lock = lock;
  }

  /// Opens a directory, which is created if it is not there.
  ///
  /// @throws dev.raiju.tensor.io.StorageException if another run holds it
  public static RunDirectory open(Path directory) throws IOException { return open(directory, Durable.system()); }

  static RunDirectory open(Path directory, Durable durable) throws IOException {
    durable.makeDirectory(directory);
    return new RunDirectory(directory, durable, durable.lock(directory));
  }

  /// A state that was read back.
  ///
  /// @param step how many steps had been taken
  /// @param tensors by name, owned by the caller
  /// @param facts everything else, as it was given to [#save]
  public record State(long step, Map<String, Tensor> tensors, Fields facts) implements AutoCloseable {
    @Override
    public void close() { tensors.values().forEach(Tensor::close); }
  }

  /// Saves a state. Older ones than the last two go, once this one is safe. A state of this step that is there already is kept.
  ///
  /// @param tensors every tensor that the run needs to go on
  /// @param facts counters and random positions
  /// @throws dev.raiju.tensor.io.StorageException if it could not be written; the states before it are as they were
  public void save(long step, Map<String, Tensor> tensors, Json.Obj facts) throws IOException {
    Path target = directory.resolve(name(step));
    if (!Files.exists(target)) {
      try (StagedDirectory staged = durable.stage(target)) {
        StagedDirectory.Written file = staged.write(TENSORS, SafeTensors.contents(tensors, Map.of()));
        Json.Obj manifest = Json.object().with("version", VERSION).with("step", step).with("bytes", file.bytes()).with("sha256",
            file.sha256())
            .with("facts", facts);
        staged.write(MANIFEST, out -> out.write(java.nio.ByteBuffer.wrap(manifest.pretty().getBytes(
            java.nio.charset.StandardCharsets.UTF_8))));
        staged.commit();
      }
    }
    List<Path> states = states();
    for (Path old : states.subList(Math.min(KEPT, states.size()), states.size())) durable.remove(old);
  }

  /// The newest state that is whole. Damaged ones are left where they are and named by [#skipped].
  ///
  /// @throws IOException if the directory cannot be read
  public Optional<State> newest(Device device) throws IOException {
    skipped.clear();
    for (Path path : states()) {
      try {
        return Optional.of(load(path, device));
      } catch (IOException e) {
        skipped.add(e.getMessage());
      }
    }
    return Optional.empty();
  }

  /// Why states were passed over by the last [#newest], a line each.
  public List<String> skipped() { return List.copyOf(skipped); }

  /// Deletes every state: the run begins anew.
  public void clear() throws IOException {
    for (Path path : states()) durable.remove(path);
  }

  public Path path() { return directory; }

  private static String name(long step) { return String.format(Locale.ROOT, "step-%08d", step); }

  /// The directories of states, newest first.
  private List<Path> states() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(p -> p.getFileName().toString().matches("step-\\d{8,}")).sorted(
          Comparator.comparingLong((Path p) -> Long.parseLong(p.getFileName().toString().substring(5))).reversed()).toList();
    }
  }

  private static State load(Path path, Device device) throws IOException {
    Path manifest = path.resolve(MANIFEST);
    Fields fields = Fields.read(manifest);
    if (fields.integer("version") != VERSION)
      throw fields.refuse("version", "is " + fields.integer("version") + "; this Raiju reads " + VERSION);
    Path file = path.resolve(TENSORS);
    long bytes = Files.size(file);
    if (bytes != fields.integer("bytes") || !sha256(file).equals(fields.string("sha256"))) {
      throw new ModelFormatException(Reason.CHECKSUM, file.toString(), "is not what was saved: " + bytes + " bytes; needs "
          + fields.integer("bytes")
          + " bytes with the checksum in " + MANIFEST);
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (SafeTensors weights = SafeTensors.open(file); var scope = dev.raiju.tensor.Scope.open()) {
      for (String name : weights.entries().keySet()) tensors.put(name, weights.tensor(name, device).alias());
    }
    return new State(fields.integer("step"), tensors, fields.object("facts"));
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException { lock.close(); }
}

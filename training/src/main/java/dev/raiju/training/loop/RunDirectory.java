package dev.raiju.training.loop;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
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
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Where a training run keeps its states: `step-00000100/` with `state.safetensors`, `facts.json`, and `manifest.json` which has
/// lengths and checksums of both; written as a whole or not at all. Once [#save] has returned, that state or a newer one can be
/// loaded, whatever happens to the process.
///
/// `report.html`, `history.csv` and an event file for TensorBoard beside them show how it went. Held by one process at a time.
public final class RunDirectory implements AutoCloseable {
  private static final String TENSORS = "state.safetensors";
  private static final String FACTS = "facts.json";
  private static final String MANIFEST = "manifest.json";
  private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})(?:-(\\d{1,9}))?");
  private static final Pattern SAMPLE = Pattern.compile("sample-\\d+\\.png");
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

  /// Saves a state. Older ones but the last go, once this one is safe. One of this step that is there already stays as well: it
  /// may be damaged, or of a time before the run went back.
  ///
  /// @param tensors every tensor that the run needs to go on
  /// @param facts counters and random positions
  /// @throws dev.raiju.tensor.io.StorageException if it could not be written; the states before it are as they were
  public void save(long step, Map<String, Tensor> tensors, Json.Obj facts) throws IOException {
    int number = states().stream().filter(place -> place.step == step).mapToInt(place -> place.number + 1).max().orElse(1);
    Place place = Place.in(directory, step, number);
    try (StagedDirectory staged = durable.stage(place.path)) {
      Json.Obj manifest = Json.object().with("version", VERSION).with("step", step);
      manifest = manifest.with(TENSORS, described(staged.write(TENSORS, SafeTensors.contents(tensors, Map.of()))));
      manifest = manifest.with(FACTS, described(staged.write(FACTS, text(facts))));
      staged.write(MANIFEST, text(manifest));
      staged.commit();
    }
    // newer ones were found to be damaged, or the run would have gone on from them
    List<Place> older = states().stream().filter(other -> Place.NEWEST_FIRST.compare(other, place) > 0).toList();
    for (Place old : older.subList(Math.min(KEPT - 1, older.size()), older.size())) durable.remove(old.path);
  }

  private static Json.Obj described(StagedDirectory.Written file) {
    return Json.object().with("bytes", file.bytes()).with("sha256", file.sha256());
  }

  private static Durable.Contents text(Json.Obj json) {
    return out -> out.write(ByteBuffer.wrap(json.pretty().getBytes(StandardCharsets.UTF_8)));
  }

  /// The newest state that is whole. Damaged ones are left where they are and named by [#skipped].
  ///
  /// @throws IOException if the directory cannot be read
  public Optional<State> newest(Device device) throws IOException {
    skipped.clear();
    for (Place place : states()) {
      try {
        return Optional.of(load(place, device));
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
    for (Place place : states()) durable.remove(place.path);
  }

  public Path path() { return directory; }

  /// Writes what people look at beside the states, in place of the last.
  void report(String title, History history, Reference normal) throws IOException {
    durable.write(directory.resolve("report.html"), Report.html(title, history, normal, samples()));
    durable.write(directory.resolve("history.csv"), history.csv());
    Path events = directory.resolve(TensorBoard.FILE);
    Optional<byte[]> before = Files.exists(events) ? Optional.of(Files.readAllBytes(events)) : Optional.empty();
    durable.write(events, TensorBoard.events(before, history));
  }

  /// Where the picture of a step goes that shows what a model makes by then.
  public Path sample(long step) { return directory.resolve(String.format(Locale.ROOT, "sample-%08d.png", step)); }

  private List<Path> samples() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> SAMPLE.matcher(String.valueOf(file.getFileName())).matches()).sorted().toList();
    }
  }

  /// The directory of a state.
  ///
  /// @param number tells states of the same step apart, from 1 on
  private record Place(Path path, long step, int number) {
    static final Comparator<Place> NEWEST_FIRST = Comparator.comparingLong(Place::step).thenComparingInt(Place::number)
        .reversed();

    static Place in(Path directory, long step, int number) {
      String name = String.format(Locale.ROOT, "step-%08d", step);
      return new Place(directory.resolve(number == 1 ? name : name + "-" + number), step, number);
    }

    static Stream<Place> of(Path path) {
      Matcher name = NAME.matcher(path.getFileName().toString());
      if (!name.matches()) return Stream.empty();
      return Stream.of(new Place(path, Long.parseLong(name.group(1)), name.group(2) == null
          ? 1
          : Integer.parseInt(name.group(
              2))));
    }
  }

  /// The directories of states, newest first.
  private List<Place> states() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.flatMap(Place::of).sorted(Place.NEWEST_FIRST).toList();
    }
  }

  private static State load(Place place, Device device) throws IOException {
    Fields manifest = Fields.read(place.path.resolve(MANIFEST));
    if (manifest.integer("version") != VERSION)
      throw manifest.refuse("version", "is " + manifest.integer("version") + "; this Raiju reads " + VERSION);
    if (manifest.integer("step") != place.step)
      throw manifest.refuse("step", "is " + manifest.integer("step") + " in a directory of step " + place.step);
    Fields facts = Fields.read(whole(place, FACTS, manifest));
    Path file = whole(place, TENSORS, manifest);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    boolean done = false;
    try (SafeTensors weights = SafeTensors.open(file); Scope scope = Scope.open()) {
      for (String name : weights.entries().keySet()) tensors.put(name, weights.tensor(name, device).alias());
      done = true;
    } finally {
      if (!done) tensors.values().forEach(Tensor::close);
    }
    return new State(place.step, tensors, facts);
  }

  /// A file that is what the manifest says.
  private static Path whole(Place place, String name, Fields manifest) throws IOException {
    Path file = place.path.resolve(name);
    Fields saved = manifest.object(name);
    long bytes = Files.size(file);
    if (bytes != saved.integer("bytes") || !sha256(file).equals(saved.string("sha256"))) {
      throw new ModelFormatException(Reason.CHECKSUM, file.toString(), "is not what was saved: " + bytes + " bytes; needs "
          + saved.integer("bytes") + " bytes with the checksum in " + MANIFEST);
    }
    return file;
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException { lock.close(); }
}

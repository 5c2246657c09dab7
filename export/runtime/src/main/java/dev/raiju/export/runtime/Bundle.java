package dev.raiju.export.runtime;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.graph.Plan;
import dev.raiju.tensor.graph.Replay;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;

/// An exported model: plans of static shapes and the weights that they read. Everything that the files say is checked when it is
/// opened; weights are mapped and not read.
///
/// ```java
/// try (Bundle bundle = Bundle.open(folder)) {
///   bundle.generate(ids, 7, Device.best(), (index, rgb) -> show(rgb));
/// }
/// ```
public final class Bundle implements AutoCloseable {
  /// The plan from ids and a mask to what the transformer takes of a text.
  public static final String TEXT = "text";
  /// The plan of one denoising step.
  public static final String STEP = "step";
  /// The plan from one latent frame, and what is remembered of those before, to frames.
  public static final String DECODE = "decode";

  /// The file beside the plans that turns texts into ids, a SentencePiece model. Nothing here reads it.
  public static final String TOKENIZER = "tokenizer.model";

  static final String PLAN = "plan.json";
  static final String WEIGHTS = "weights.bin";
  static final String FORMAT = "raiju-bundle";
  static final int VERSION = 1;

  private final ClipRun run;
  private final SequencedMap<String, PlacedGraph> plans;
  private final WeightTable table;
  private final HostBuffer mapping;

  private Bundle(ClipRun run, SequencedMap<String, PlacedGraph> plans, WeightTable table, HostBuffer mapping) {
    this.run = run;
    this.plans = Collections.unmodifiableSequencedMap(plans);
    this.table = table;
    this.mapping = mapping;
  }

  /// Opens and checks a bundle.
  ///
  /// @throws ModelFormatException if it is none, or damaged
  public static Bundle open(Path folder) throws IOException {
    Path file = folder.resolve(PLAN);
    Fields json = Fields.read(file);
    if (!json.string("format").equals(FORMAT)) throw json.refuse("format", json.string("format") + "; needs " + FORMAT);
    json.integer("version", VERSION, VERSION);
    json.integer("ops", OpForm.VERSION, OpForm.VERSION);
    ClipRun run = ClipRun.read(json.object("run"));
    Fields weights = json.object("weights");
    weights.ignore("sha256");
    WeightTable table = WeightTable.read(weights, file.toString(), Files.size(folder.resolve(WEIGHTS)));
    weights.refuseUnknown();
    Fields listed = json.object("plans");
    SequencedMap<String, PlacedGraph> plans = new LinkedHashMap<>();
    for (String name : new String[] {TEXT, STEP, DECODE}) plans.put(name, GraphForm.read(listed.object(name), table));
    listed.refuseUnknown();
    json.refuseUnknown();
    new Signature(run, plans, file.toString()).check();
    return new Bundle(run, plans, table, map(folder.resolve(WEIGHTS)));
  }

  private static HostBuffer map(Path file) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return HostBuffer.over(channel.map(MapMode.READ_ONLY, 0, channel.size(), arena), arena::close);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// What its plans must take and give to be run one after the other.
  private record Signature(ClipRun run, Map<String, PlacedGraph> plans, String source) {
    void check() throws ModelFormatException {
      Spec latent = new Spec(DType.F32, run.latent());
      Spec context = output(TEXT, "context");
      require(TEXT, Map.of("ids", Spec.of(DType.I32, 1, run.tokens()), "mask", Spec.of(DType.BOOL, 1, run.tokens())), Map.of(
          "context", context));
      require(STEP, Map.of("latent", latent, "noise", latent, "timestep", Spec.of(DType.F32, 1), "blend", Spec.of(DType.F32, 4),
          "context", context), Map.of("latent", latent));
      Map<String, Spec> in = new TreeMap<>(inputs(DECODE));
      Map<String, Spec> out = new TreeMap<>(outputs(DECODE));
      in.put("latent", latent.with(run.latent().with(2, 1)));
      Spec frames = output(DECODE, "frames");
      Map<String, Spec> past = new TreeMap<>(in);
      past.remove("latent");
      past.put("frames", frames);
      require(DECODE, in, past);
      long made = frames.rank() == 5 ? frames.size(1) * (run.latent().size(2) - 1) + 1 : 0;
      if (made != run.frames() || !frames.equals(Spec.of(DType.F32, 1, frames.size(1), 3, run.height(), run.width())))
        throw refusal(DECODE, "gives frames " + frames + "; needs " + run.frames() + " of " + run.width() + " x " + run.height());
    }

    private Map<String, Spec> inputs(String plan) {
      Map<String, Spec> specs = new TreeMap<>();
      for (Value value : plan(plan).graph().values()) {
        if (value instanceof Value.Input(String name, Spec spec)) specs.put(name, spec);
      }
      return specs;
    }

    private Map<String, Spec> outputs(String plan) {
      Map<String, Spec> specs = new TreeMap<>();
      for (Map.Entry<String, Use> output : plan(plan).graph().outputs().entrySet())
        specs.put(output.getKey(), output.getValue().spec());
      return specs;
    }

    private Spec output(String plan, String name) throws ModelFormatException {
      Spec spec = outputs(plan).get(name);
      if (spec == null) throw refusal(plan, "has no output " + name);
      return spec;
    }

    private PlacedGraph plan(String name) { return Objects.requireNonNull(plans.get(name)); }

    private void require(String plan, Map<String, Spec> in, Map<String, Spec> out) throws ModelFormatException {
      if (!inputs(plan).equals(in)) throw refusal(plan, "takes " + inputs(plan) + "; needs " + new TreeMap<>(in));
      if (!outputs(plan).equals(out)) throw refusal(plan, "gives " + outputs(plan) + "; needs " + new TreeMap<>(out));
    }

    private ModelFormatException refusal(String plan, String problem) {
      return new ModelFormatException(Reason.TENSOR_SHAPE, source, "plan " + plan + ": " + problem);
    }
  }

  /// What its plans are run for.
  public ClipRun run() { return run; }

  /// Its plans by name.
  public SequencedMap<String, PlacedGraph> plans() { return plans; }

  /// Bytes of the weights, which are mapped.
  public long weightBytes() { return table.bytes(); }

  /// A plan with memory of its own and the weights: mapped, or copied to a device that does not compute in host memory.
  ///
  /// @throws dev.raiju.tensor.UnsupportedOpException if the device has no kernel for one of its operations
  Replay replay(String name, Device device) {
    PlacedGraph placed = Objects.requireNonNull(plans.get(name));
    try (Scope _ = Scope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      for (Value value : placed.graph().values()) {
        if (value instanceof Value.Weight weight) weights.put(weight.name(), weight(weight.name(), device));
      }
      return Plan.of(placed, device).replay(weights);
    }
  }

  private Tensor weight(String name, Device device) {
    WeightTable.Entry entry = Objects.requireNonNull(table.entries().get(name));
    MemorySegment bytes = mapping.segment().asSlice(entry.offset(), entry.spec().bytes());
    if (!(device.backend() instanceof HostBackend)) return Tensor.of(entry.spec(), bytes, device);
    mapping.retain();
    return Tensor.over(entry.spec(), HostBuffer.over(bytes, mapping::release), device);
  }

  /// Takes the frames of a clip.
  @FunctionalInterface
  public interface FrameSink {
    /// @param index from 0
    /// @param rgb bytes R, G, B of each pixel, row by row
    void take(int index, byte[] rgb) throws IOException;
  }

  /// Makes a clip: the same one for the same seed as the model that was exported makes on this device.
  ///
  /// @param ids the tokens of the text, its end token included
  /// @throws IllegalArgumentException if there are more than [ClipRun#tokens], or none
  /// @throws java.util.concurrent.CancellationException if the thread was interrupted; looked at before every step and frame
  public void generate(int[] ids, long seed, Device device, FrameSink sink) throws IOException {
    new Playback(this, device).generate(ids, seed, sink);
  }

  @Override
  public void close() { mapping.release(); }
}

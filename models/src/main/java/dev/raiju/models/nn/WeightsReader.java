package dev.raiju.models.nn;

import dev.raiju.models.nn.ParameterMap.Kind;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.AffineFile;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.Nearest;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Dequantize;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/// A checkpoint seen under our own names.
///
/// The way of naming is found out, and a prefix that some tools put before all names is taken off. A file must fit a model wholly,
/// or [#load] refuses it; [#loadInto] is for those who know that it does not. Weights with a scale beside them, as ComfyUI stores 8-bit
/// floats, are multiplied by it.
public final class WeightsReader {
  private static final List<String> PREFIXES = List.of("", "model.diffusion_model.", "diffusion_model.", "model.", "module.",
      "transformer.", "text_encoder.", "text_encoders.umt5xxl.transformer.", "vae.", "first_stage_model.");

  // axes that a GGUF tensor has at most
  private static final int AXES_OF_GGUF = 4;

  private static final int LARGEST = 1 << 24;
  // names in a message
  private static final int SHOWN = 3;
  private static final System.Logger LOG = System.getLogger(WeightsReader.class.getName());

  private final TensorFile file;
  private final NameTable names;
  private final String naming;
  private final String prefix;
  private final String part;
  /// What the table knows, by our names.
  private final SequencedMap<String, Entry> found = new LinkedHashMap<>();
  private final List<String> unexpected = new ArrayList<>();

  /// A tensor of the file: its name there, and its kind.
  private record Entry(String name, Spec spec) {}

  /// Reads the names in a file; it must stay open.
  public WeightsReader(TensorFile stored, NameTable names) {
    this.file = ScaledFloats.over(AffineFile.of(stored));
    this.names = names;
    String bestNaming = names.namings().getFirst();
    String bestPrefix = "";
    long most = 0;
    for (String candidate : PREFIXES) {
      List<String> stripped = stripped(candidate);
      for (String column : names.namings()) {
        long known = names.known(column, stripped);
        if (known <= most) continue;
        most = known;
        bestNaming = column;
        bestPrefix = candidate;
      }
    }
    this.naming = bestNaming;
    this.prefix = bestPrefix;
    this.part = "";
    this.file.entries().forEach((name, spec) -> {
      String ours = name.startsWith(prefix) ? names.ours(naming, name.substring(prefix.length())).orElse("") : "";
      if (ours.isEmpty()) unexpected.add(name);
      else found.putIfAbsent(ours, new Entry(name, spec));
    });
  }

  private List<String> stripped(String candidate) {
    return file.entries().keySet().stream().filter(name -> name.startsWith(candidate)).map(name -> name.substring(candidate
        .length())).toList();
  }

  private WeightsReader(WeightsReader whole, String part) {
    this.file = whole.file;
    this.names = whole.names;
    this.naming = whole.naming;
    this.prefix = whole.prefix;
    this.part = whole.part + part;
    whole.found.forEach((ours, entry) -> {
      if (ours.startsWith(part)) found.put(ours.substring(part.length()), entry);
    });
    unexpected.addAll(whole.unexpected);
  }

  /// The same file for a part of the model: what the table knows of its other parts is not seen.
  ///
  /// @param ours what our names of that part begin with, such as `decoder.`; names are without it from then on
  public WeightsReader part(String ours) { return new WeightsReader(this, ours); }

  /// The way of naming that fits the file best.
  public String naming() { return naming; }

  /// The file's tensors that the table knows, under our names.
  public SequencedMap<String, Spec> entries() {
    SequencedMap<String, Spec> entries = new LinkedHashMap<>();
    found.forEach((ours, entry) -> entries.put(ours, entry.spec()));
    return Collections.unmodifiableSequencedMap(entries);
  }

  /// The file with its tensors under the names of another way of naming, without a prefix. It stays open with this one.
  ///
  /// @param to one of the table's ways of naming
  public TensorFile renamed(String to) {
    Map<String, String> renamed = new LinkedHashMap<>();
    found.forEach((ours, entry) -> renamed.put(names.theirs(to, part + ours), entry.name()));
    return new RenamedFile(file, renamed);
  }

  /// Refuses a file with tensors that the table does not know.
  ///
  /// @param model what it is taken for, for the message
  public void requireKnown(String model) throws ModelFormatException {
    if (unexpected.isEmpty() && !found.isEmpty()) return;
    List<String> some = unexpected.subList(0, Math.min(SHOWN, unexpected.size()));
    throw new ModelFormatException(Reason.TENSOR_MISSING, file.toString(), unexpected.size() + " of " + file.entries().size()
        + " tensors have names of no model that is known" + (found.isEmpty() ? "" : ", others those of a " + model) + (some
            .isEmpty() ? "" : ": " + String.join(", ", some)) + (unexpected.size() > SHOWN ? ", …" : ""));
  }

  /// A size of the tensor that we call `name`: what a model's sizes are inferred from.
  ///
  /// @throws ModelFormatException if it is not there, has another number of axes, or is larger than any model
  public int size(String name, int rank, int axis) throws ModelFormatException {
    Entry entry = found.get(name);
    if (entry == null) {
      throw new ModelFormatException(Reason.TENSOR_MISSING, file.toString(), "missing " + missing(name, file.entries().keySet()));
    }
    Spec spec = entry.spec();
    if (spec.rank() != rank || spec.size(axis) > LARGEST) {
      throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), entry.name() + ": shape " + spec.shape() + "; needs "
          + rank + " axes of at most " + LARGEST);
    }
    return (int) spec.size(axis);
  }

  /// The name that the file should have, and the one of `others` that may have been meant.
  private String missing(String name, Collection<String> others) {
    String theirs = prefix + names.theirs(naming, part + name);
    return theirs + new Nearest(theirs, others);
  }

  /// How many numbers, from 0 on without a gap, are found in place of `*`: the layers of `blocks.*.modulation`.
  public int count(String name) {
    int count = 0;
    while (found.containsKey(name.replace("*", Integer.toString(count)))) count++;
    return count;
  }

  /// How the file fits a model.
  public LoadReport compare(Module<?> model) {
    List<String> loaded = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    List<String> left = new ArrayList<>(unexpected);
    List<String> mismatched = new ArrayList<>();
    SequencedMap<String, Tensor> parameters = model.parameters();
    found.forEach((ours, entry) -> {
      if (!parameters.containsKey(ours)) left.add(entry.name());
    });
    parameters.forEach((name, parameter) -> {
      Entry entry = found.get(name);
      if (entry == null) missing.add(missing(name, left));
      else if (!fits(entry.spec().shape(), parameter.shape())) {
        mismatched.add(entry.name() + ": shape " + entry.spec().shape() + " in the file; the model has " + parameter.shape());
      } else if (!readable(entry.spec().dtype())) {
        mismatched.add(entry.name() + ": type " + entry.spec().dtype() + " in the file; needs a float or block type");
      } else loaded.add(entry.name());
    });
    return new LoadReport(file.toString(), naming, loaded, missing, left, mismatched);
  }

  /// Whether a tensor has the wanted shape, or one with fewer axes and the same elements where the format has no more.
  private static boolean fits(Shape stored, Shape wanted) {
    return stored.equals(wanted) || wanted.rank() > AXES_OF_GGUF && stored.rank() <= AXES_OF_GGUF && stored.rank() > 1 && stored
        .elements() == wanted.elements() && stored.size(0) % wanted.size(0) == 0;
  }

  private static boolean readable(DType type) { return type.isFloat() || type.isBlock() || isEightBitFloat(type); }

  private static boolean isEightBitFloat(DType type) { return type == DType.F8_E4M3 || type == DType.F8_E5M2; }

  /// A model of the structure of `skeleton` with the file's values. Matrices keep the type of the file and, in host memory, stay
  /// mapped, blocks of GGUF files and 8-bit floats too; everything else becomes f32. A matrix of a type that is not computed with
  /// becomes one that holds the same values: 8-bit floats in rows of odd length bf16, f64 f32. The log tells of each such type.
  ///
  /// @param skeleton gives names and shapes; its values do not matter, and it stays with the caller
  /// @throws ModelFormatException if the file does not fit wholly; the message counts what is missing, unexpected and wrong
  public <M extends Module<M>> M load(M skeleton, Device device) throws ModelFormatException {
    requireFull(compare(skeleton));
    Map<String, Tensor> made = new LinkedHashMap<>();
    Map<String, Shape> shapes = new HashMap<>();
    skeleton.parameters().forEach((name, t) -> shapes.put(name, t.shape()));
    try {
      for (Map.Entry<String, Kind> parameter : kinds(skeleton).entrySet()) {
        Shape shape = Objects.requireNonNull(shapes.get(parameter.getKey()));
        made.put(parameter.getKey(), read(parameter.getKey(), parameter.getValue(), shape, device));
      }
      logConversions(made);
      return skeleton.map((name, t, _) -> made.getOrDefault(name, t));
    } catch (ModelFormatException | RuntimeException | Error e) {
      made.values().forEach(Tensor::close);
      throw e;
    }
  }

  private static Map<String, Kind> kinds(Module<?> module) {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    module.map((name, t, kind) -> {
      kinds.put(name, kind);
      return t;
    });
    return kinds;
  }

  private static void requireFull(LoadReport report) throws ModelFormatException {
    if (report.isFull()) return;
    Reason reason = report.mismatched().isEmpty() ? Reason.TENSOR_MISSING : Reason.TENSOR_SHAPE;
    throw new ModelFormatException(reason, report.source(), report.summary());
  }

  private Tensor read(String name, Kind kind, Shape shape, Device device) throws ModelFormatException {
    try (Scope scope = Scope.open()) {
      String theirs = Objects.requireNonNull(found.get(name)).name();
      Optional<Tensor> inPlace = kind == Kind.MATRIX ? ScaledFloats.inPlace(file, theirs, device) : Optional.empty();
      if (inPlace.isPresent()) return inPlace.get().reshape(shape).alias();
      Tensor stored = file.tensor(theirs, device);
      if (kind == Kind.OTHER) return plain(stored, DType.F32).reshape(shape).alias();
      DType type = stored.dtype();
      return stored.to(isEightBitFloat(type) ? DType.BF16 : type == DType.F64 ? DType.F32 : type).reshape(shape).alias();
    }
  }

  private static Tensor plain(Tensor stored, DType type) {
    return stored.dtype().isBlock() ? Dequantize.dequantize(stored, type) : stored.to(type);
  }

  /// Types that are not computed with are not expanded in silence.
  private void logConversions(Map<String, Tensor> made) {
    Map<String, Integer> counts = new TreeMap<>();
    made.forEach((name, tensor) -> {
      Entry entry = Objects.requireNonNull(found.get(name));
      DType from = entry.spec().dtype();
      boolean isScaled = file instanceof ScaledFloats scaled && scaled.scales().containsKey(entry.name());
      boolean isOther = from != tensor.dtype() && (from.isBlock() || isEightBitFloat(from) || from == DType.F64);
      // what is read in place is not expanded
      if (tensor.dtype().isPacked() || !isScaled && !isOther) return;
      counts.merge((isScaled ? "weights with a scale beside them" : from) + " as " + tensor.dtype(), 1, Integer::sum);
    });
    counts.forEach((types, count) -> LOG.log(Level.INFO, file + ": " + types + ": " + count + " tensors"));
  }

  /// Writes what fits into a model's parameters and leaves the others as they are.
  ///
  /// @return what was written and what was not
  public LoadReport loadInto(Module<?> model) throws ModelFormatException {
    LoadReport report = compare(model);
    for (Map.Entry<String, Tensor> parameter : model.parameters().entrySet()) {
      Entry entry = found.get(parameter.getKey());
      if (entry == null || !report.loaded().contains(entry.name())) continue;
      try (Scope scope = Scope.open()) {
        Tensor target = parameter.getValue();
        Tensor value = plain(file.tensor(entry.name(), target.device()), target.dtype());
        Assign.assign(target, value.reshape(target.shape()));
      }
    }
    return report;
  }
}

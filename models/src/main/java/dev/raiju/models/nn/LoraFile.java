package dev.raiju.models.nn;

import dev.raiju.models.nn.ParameterMap.Kind;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Changes of low rank to the linear layers of a model, as LoRA training stores them.
///
/// Known are the names of the peft library (`….lora_A.weight`, `….lora_B.weight`) and of kohya's scripts (`lora_unet_….lora_down`,
/// `….lora_up`, `….alpha`), around the layers' names in any way of naming that the model's table has. A change is scaled by
/// `alpha / rank` where the file has an alpha, or `adapter_config.json` beside it in a folder. Beside changes of low rank there may be
/// whole ones, to any weight or bias: `….diff` and `….diff_b`.
///
/// ```java
/// try (WanTransformer merged = LoraFile.open(path).merged(transformer, WanWeights.names(), 0.8)) { … }
/// ```
public final class LoraFile {
  private static final Pattern KEY = Pattern.compile("(.+)\\.(?:lora_(A|B|down|up)(?:\\.default)?(?:\\.weight)?|(alpha))");
  private static final Pattern WHOLE = Pattern.compile("(.+)\\.diff(_b)?");
  private static final List<String> PREFIXES = List.of("base_model.model.", "diffusion_model.", "transformer.", "model.", "unet.",
      "lora_unet_", "lora_transformer_");
  private static final String BIAS = "/bias";
  private static final int SHOWN = 8;

  private final Path path;
  private final OptionalDouble usualAlpha;

  private LoraFile(Path path, OptionalDouble usualAlpha) {
    this.path = path;
    this.usualAlpha = usualAlpha;
  }

  /// What a file says of one layer: the names of its tensors, empty where there is none.
  private record Keys(String down, String up, String alpha) {
    static final Keys NONE = new Keys("", "", "");
  }

  /// What a file says of a model, by our names of its parameters.
  ///
  /// @param whole the names of changes of full size
  private record Changes(SequencedMap<String, Keys> low, SequencedMap<String, String> whole) {}

  /// Names a file, or a folder as the peft library writes it. Nothing is read yet.
  ///
  /// @throws ModelFormatException if the configuration in the folder makes no sense
  public static LoraFile open(Path path) throws IOException {
    Path config = path.resolve("adapter_config.json");
    if (!Files.isDirectory(path) || !Files.exists(config)) return new LoraFile(path, OptionalDouble.empty());
    Fields fields = Fields.read(config);
    return new LoraFile(path, fields.has("lora_alpha")
        ? OptionalDouble.of(fields.number("lora_alpha"))
        : OptionalDouble.empty());
  }

  /// The model with the changes in its weights. It runs as fast as before; weights that do not change are shared, and both models
  /// may be closed.
  ///
  /// @param scale how strongly; 1 as trained
  /// @throws ModelFormatException if a name in the file belongs to no layer, or a change does not fit its layer
  public <M extends Module<M>> M merged(M model, NameTable names, double scale) throws IOException {
    return changed(model, names, scale, (weight, change) -> {
      try (change) {
        return Module.owned(() -> change.merged(weight));
      }
    }, false);
  }

  /// The model with the changes beside its weights, which stay as they are and are shared: for weights in a file or a block type.
  /// Each layer costs two small products more. Changes of full size are merged all the same.
  ///
  /// @param scale how strongly; 1 as trained
  /// @throws ModelFormatException if a name in the file belongs to no layer, or a change does not fit its layer
  public <M extends Module<M>> M riding(M model, NameTable names, double scale) throws IOException {
    return changed(model, names, scale, (weight, _) -> weight.alias(), true);
  }

  private <M extends Module<M>> M changed(M model, NameTable names, double scale, BiFunction<Tensor, LowRank, Tensor> change,
      boolean rides) throws IOException {
    List<Tensor> made = new ArrayList<>();
    try (TensorFile file = TensorFile.open(path)) {
      Changes found = changes(file, model, names);
      SequencedMap<String, Keys> layers = found.low();
      Map<String, LowRank> changes = new HashMap<>();
      Map<String, Tensor> sums = sums(file, found.whole(), model, scale);
      made.addAll(sums.values());
      for (Map.Entry<String, Tensor> parameter : model.parameters().entrySet()) {
        Keys keys = layers.get(parameter.getKey());
        if (keys == null) continue;
        LowRank read = read(file, keys, parameter.getValue(), scale);
        made.add(read.down());
        made.add(read.up());
        changes.put(parameter.getKey(), read);
      }
      M result = model.map(new ParameterMap() {
        @Override
        public Tensor apply(String name, Tensor parameter, Kind kind) {
          LowRank found = changes.get(name);
          Tensor before = sums.getOrDefault(name, parameter);
          Tensor result = found == null ? before.alias() : change.apply(before, found);
          made.add(result);
          return result;
        }

        @Override
        public Optional<LowRank> adapter(String weight, Optional<LowRank> now) {
          if (!rides || !changes.containsKey(weight)) return ParameterMap.super.adapter(weight, now);
          if (now.isPresent())
            throw new IllegalArgumentException("lora: " + weight + " has a change riding on it already; merge one");
          return Optional.of(Objects.requireNonNull(changes.get(weight)));
        }
      });
      sums.values().forEach(Tensor::close);
      return result;
    } catch (IOException | RuntimeException | Error e) {
      made.forEach(Tensor::close);
      throw e;
    }
  }

  private static Changes changes(TensorFile file, Module<?> model, NameTable names) throws ModelFormatException {
    Map<String, String> weights = weights(model, names);
    Map<String, String> all = parameters(model, names);
    Changes changes = new Changes(new LinkedHashMap<>(), new LinkedHashMap<>());
    List<String> unknown = new ArrayList<>();
    for (String name : file.entries().keySet()) {
      Matcher whole = WHOLE.matcher(name);
      String parameter = whole.matches() ? all.get(flat(whole.group(1)) + (whole.group(2) == null ? "" : BIAS)) : null;
      Matcher key = KEY.matcher(name);
      String weight = key.matches() ? weights.get(flat(key.group(1))) : null;
      if (parameter != null) changes.whole().put(parameter, name);
      else if (weight == null) unknown.add(name);
      else
        changes.low().merge(weight, keys(name, key), LoraFile::both);
    }
    if (!unknown.isEmpty()) {
      String more = unknown.size() > SHOWN ? ", and " + (unknown.size() - SHOWN) + " more" : "";
      throw new ModelFormatException(Reason.TENSOR_MISSING, file.toString(), unknown.size() + " of " + file.entries().size()
          + " names belong to no layer of the model: " + String.join(", ", unknown.subList(0, Math.min(SHOWN, unknown
              .size()))) + more);
    }
    return changes;
  }

  private static Keys keys(String name, Matcher key) {
    return switch (String.valueOf(key.group(2))) {
      case "A", "down" -> new Keys(name, "", "");
      case "B", "up" -> new Keys("", name, "");
      default -> new Keys("", "", name);
    };
  }

  private static Keys both(Keys a, Keys b) {
    return new Keys(a.down() + b.down(), a.up() + b.up(), a.alpha() + b.alpha());
  }

  /// Our names of all parameters, as [#weights] has them for those of products; biases end with [#BIAS].
  private static Map<String, String> parameters(Module<?> model, NameTable names) {
    Map<String, String> parameters = new HashMap<>();
    model.parameters().forEach((ours, _) -> {
      for (String naming : names.namings()) {
        String theirs = names.theirs(naming, ours);
        String layer = theirs.replaceFirst("\\.(weight|bias)$", "").replace('.', '_');
        parameters.put(theirs.endsWith(".bias") ? layer + BIAS : layer, ours);
      }
    });
    return parameters;
  }

  /// Parameters with their changes of full size added, owned by the caller.
  private static Map<String, Tensor> sums(TensorFile file, Map<String, String> whole, Module<?> model, double scale)
      throws ModelFormatException {
    Map<String, Tensor> sums = new HashMap<>();
    try {
      for (Map.Entry<String, String> one : whole.entrySet()) {
        Tensor parameter = Objects.requireNonNull(model.parameters().get(one.getKey()));
        try (Tensor change = tensor(file, one.getValue(), parameter.device())) {
          if (!change.shape().equals(parameter.shape())) {
            throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), one.getValue() + ": shape " + change.shape()
                + "; the model has " + parameter.shape());
          }
          sums.put(one.getKey(), Module.owned(() -> LowRank.sum(parameter, change.mul(scale))));
        }
      }
      return sums;
    } catch (ModelFormatException | RuntimeException | Error e) {
      sums.values().forEach(Tensor::close);
      throw e;
    }
  }

  /// Our names of all weights of products, by their names in every way of naming, dots and all made one: kohya writes them so.
  private static Map<String, String> weights(Module<?> model, NameTable names) {
    Map<String, String> weights = new HashMap<>();
    model.map((ours, t, kind) -> {
      if (kind != Kind.MATRIX) return t;
      for (String naming : names.namings()) {
        String theirs = names.theirs(naming, ours);
        weights.put(theirs.substring(0, theirs.lastIndexOf('.')).replace('.', '_'), ours);
      }
      return t;
    });
    return weights;
  }

  private static String flat(String layer) {
    String bare = layer;
    for (boolean found = true; found;) {
      found = false;
      for (String prefix : PREFIXES) {
        if (!bare.startsWith(prefix)) continue;
        bare = bare.substring(prefix.length());
        found = true;
      }
    }
    return bare.replace('.', '_');
  }

  private LowRank read(TensorFile file, Keys keys, Tensor weight, double scale) throws ModelFormatException {
    if (keys.down().isEmpty() || keys.up().isEmpty()) {
      String there = keys.down().isEmpty() ? keys.up().isEmpty() ? keys.alpha() : keys.up() : keys.down();
      throw new ModelFormatException(Reason.TENSOR_MISSING, file.toString(), there
          + ": half of a change; needs one tensor down and one up");
    }
    Tensor down = tensor(file, keys.down(), weight.device());
    Tensor up = tensor(file, keys.up(), weight.device());
    try {
      if (down.rank() != 2 || up.rank() != 2 || down.size(0) != up.size(1) || down.size(0) == 0 || down.size(1) != weight.size(1)
          || up.size(0) != weight.size(0)) {
        throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), keys.down() + ": shape " + down.shape()
            + ", and up " + up.shape() + "; the layer has " + weight.shape() + ", which needs [rank, " + weight.size(1)
            + "] and ["
            + weight.size(0) + ", rank]");
      }
      double rank = down.size(0);
      double alpha = keys.alpha().isEmpty() ? usualAlpha.orElse(rank) : alpha(file, keys.alpha());
      return new LowRank(down, up, scale * alpha / rank);
    } catch (ModelFormatException | RuntimeException | Error e) {
      down.close();
      up.close();
      throw e;
    }
  }

  private static Tensor tensor(TensorFile file, String name, Device device) throws ModelFormatException {
    try (Scope scope = Scope.open()) {
      Tensor stored = file.tensor(name, device);
      if (!stored.dtype().isFloat() && stored.dtype() != DType.F8_E4M3 && stored.dtype() != DType.F8_E5M2) {
        throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), name + ": type " + stored.dtype()
            + "; needs a float type");
      }
      return stored.to(DType.F32).alias();
    }
  }

  private static double alpha(TensorFile file, String name) throws ModelFormatException {
    try (Tensor value = tensor(file, name, Device.reference())) {
      if (value.shape().elements() != 1 || !Double.isFinite(value.toFloats()[0])) {
        throw new ModelFormatException(Reason.TENSOR_SHAPE, file.toString(), name + ": shape " + value.shape()
            + "; needs one finite number");
      }
      return value.toFloats()[0];
    }
  }
}

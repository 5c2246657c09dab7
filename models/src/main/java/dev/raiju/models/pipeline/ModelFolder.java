package dev.raiju.models.pipeline;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.LoraFile;
import dev.raiju.models.nn.Module;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentStatistics;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.models.vae.WanVaeConfigs;
import dev.raiju.models.vae.WanVaeWeights;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import dev.raiju.tensor.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;

/// A model on disk. Laid out as the diffusers library does: `transformer/`, `text_encoder/`, `tokenizer/`, `vae/`, each with its
/// `config.json` and weights; or as Wan 2.1 was published, all in one folder. `raiju.json` beside them is the [Recipe]; its
/// `"parts"` may name another folder or file for a part, so that a teacher shares its student's text encoder.
///
/// A part without `config.json` has the sizes that its tensors show. `tae/`, or a file `taew2_1.*`, holds a tiny decoder for
/// previews where `vae/` is Wan's own.
///
/// @param path the folder
/// @param recipe how to run it
/// @param parts where each part lies: a folder, or a file of weights
/// @param adapters what is merged into the transformer
/// @param precision in which types it runs
/// @param packsOnce whether text encoder and transformer keep their matrices packed for products too: see [Budget#packing]
public record ModelFolder(Path path, Recipe recipe, Map<String, Path> parts, List<Adapter> adapters, Precision precision,
    boolean packsOnce)
    implements
      ModelParts {
  private static final List<String> PARTS = List.of("transformer", "text_encoder", "tokenizer", "vae");
  private static final String PREVIEW = "tae";

  /// A LoRA file.
  ///
  /// @param scale how strongly it changes the model; usually 1
  public record Adapter(Path file, double scale) {
    public Adapter {
      if (!Double.isFinite(scale)) throw new IllegalArgumentException("lora: scale " + scale + "; needs a finite number");
    }
  }

  public ModelFolder {
    parts = Map.copyOf(parts);
    adapters = List.copyOf(adapters);
  }

  /// Looks at a folder; nothing is loaded.
  ///
  /// @throws ModelFormatException if it is no model, or its recipe makes no sense
  public static ModelFolder open(Path path) throws IOException {
    if (!Files.isDirectory(path))
      throw new ModelFormatException(Reason.DIRECTORY_EMPTY, path.toString(),
          "no such folder; needs a model in the diffusers layout, or as Wan 2.1 was published");
    Path file = path.resolve("raiju.json");
    Map<String, Path> parts = Layout.of(path);
    Recipe recipe = Recipe.WAN;
    if (Files.exists(file)) {
      Fields json = Fields.read(file);
      if (json.has("parts")) {
        Fields elsewhere = json.object("parts");
        for (String part : PARTS) {
          if (elsewhere.has(part)) parts.put(part, path.resolve(elsewhere.string(part)).normalize());
        }
        if (elsewhere.has(PREVIEW)) parts.put(PREVIEW, path.resolve(elsewhere.string(PREVIEW)).normalize());
        elsewhere.refuseUnknown();
      }
      recipe = Recipe.read(json);
    }
    for (var part : parts.entrySet()) {
      if (!Files.exists(part.getValue())) {
        throw new ModelFormatException(Reason.DIRECTORY_EMPTY, path.toString(), part.getKey() + ": there is no folder " + part
            .getValue());
      }
    }
    return new ModelFolder(path, recipe, parts, List.of(), Precision.STORED, false);
  }

  /// The model with one more LoRA file merged into its transformer.
  public ModelFolder with(Adapter adapter) {
    List<Adapter> more = new ArrayList<>(adapters);
    more.add(adapter);
    return new ModelFolder(path, recipe, parts, more, precision, packsOnce);
  }

  /// Bytes of all its files: about those of its weights.
  public long bytes() throws IOException {
    long bytes = 0;
    for (Path part : parts.values()) {
      try (Stream<Path> files = Files.walk(part)) {
        for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) bytes += Files.size(file);
      }
    }
    return bytes;
  }

  /// What each part is held in on a device, by its name. Of the files, nothing but the headers is read.
  public SequencedMap<String, Weights> weights(Device device) throws IOException {
    // what a part is held in does not depend on where
    Device plan = Planning.of(device.backend() instanceof HostBackend ? device : Device.best()).device();
    SequencedMap<String, Weights> weights = new LinkedHashMap<>();
    try (Umt5Encoder encoder = textEncoder(plan)) {
      weights.put("text_encoder", Weights.of(encoder));
    }
    try (WanTransformer transformer = transformer(plan)) {
      weights.put("transformer", Weights.of(transformer));
    }
    try (LatentDecoder<?> decoder = decoder(plan)) {
      weights.put("vae", Weights.of(decoder));
    }
    return weights;
  }

  /// The model in other types.
  public ModelFolder with(Precision precision) {
    return new ModelFolder(path, recipe, parts, adapters, precision, packsOnce);
  }

  /// The model with its matrices packed once, or for every product. No result changes.
  public ModelFolder packingOnce(boolean packs) { return new ModelFolder(path, recipe, parts, adapters, precision, packs); }

  private <M extends Module<M>> M held(M part) {
    if (packsOnce) part.keepPacked();
    return part;
  }

  private Path part(String name) { return Objects.requireNonNull(parts.get(name)); }

  /// The configuration beside the weights of a part, if there is one.
  private Optional<Fields> config(String name) throws IOException {
    Path part = part(name);
    Path config = Files.isDirectory(part) ? part.resolve("config.json") : part.resolveSibling("config.json");
    return Files.exists(config) ? Optional.of(Fields.read(config)) : Optional.empty();
  }

  @Override
  public UnigramTokenizer tokenizer() throws IOException {
    Path model = part("tokenizer").resolve("spiece.model");
    return UnigramTokenizer.load(Files.exists(model) ? model : part("tokenizer").resolve("tokenizer.json"));
  }

  @Override
  public Umt5Encoder textEncoder(Device device) throws IOException {
    // a file of the published layout lies beside the configuration of the transformer
    Optional<Fields> config = Files.isDirectory(part("text_encoder")) ? config("text_encoder") : Optional.empty();
    try (TensorFile weights = TensorFile.open(part("text_encoder"))) {
      return held(precision.computing(Umt5Weights.load(weights, config.isPresent()
          ? Umt5Configs.read(config.get())
          : Umt5Weights.infer(weights), device)));
    }
  }

  /// The sizes of the transformer.
  public WanConfig transformerConfig() throws IOException {
    Optional<Fields> config = config("transformer");
    if (config.isPresent()) return WanConfigs.read(config.get());
    try (TensorFile weights = TensorFile.open(part("transformer"))) {
      return WanWeights.infer(weights);
    }
  }

  /// The transformer, with its adapters merged.
  @Override
  public WanTransformer transformer(Device device) throws IOException {
    Optional<Fields> config = config("transformer");
    WanTransformer transformer;
    try (TensorFile weights = TensorFile.open(part("transformer"))) {
      transformer = WanWeights.load(weights, config.isPresent() ? WanConfigs.read(config.get()) : WanWeights.infer(weights),
          device);
    }
    for (Adapter adapter : adapters) {
      try (WanTransformer before = transformer) {
        transformer = LoraFile.open(adapter.file()).merged(before, WanWeights.names(), adapter.scale());
      }
    }
    return held(precision.transformer(transformer));
  }

  /// The decoder, of Wan's own autoencoder or of a tiny one: as the configuration says, or else as its tensors show.
  @Override
  public LatentDecoder<?> decoder(Device device) throws IOException {
    Optional<Fields> config = Files.isDirectory(part("vae")) ? config("vae") : Optional.empty();
    try (TensorFile weights = TensorFile.open(part("vae"))) {
      boolean configured = config.isPresent() && config.get().string("_class_name", "").equals(WanVaeConfigs.CLASS);
      if (!configured && !WanVaeWeights.isWanVae(weights)) return TaeWeights.loadDecoder(weights, statistics(config), device);
      return WanVaeWeights.loadDecoder(weights, configured ? WanVaeConfigs.read(config.get()) : WanVaeWeights.infer(weights),
          device);
    }
  }

  /// A tiny decoder for previews, if there is one beside the decoder.
  @Override
  public Optional<TaeDecoder> previewer(Device device) throws IOException {
    Path part = parts.get(PREVIEW);
    if (part == null) return Optional.empty();
    try (TensorFile weights = TensorFile.open(part)) {
      return Optional.of(TaeWeights.loadDecoder(weights, device));
    }
  }

  /// The whole tiny autoencoder, where the folder has its encoder too.
  public Tae autoencoder(Device device) throws IOException {
    Optional<TaeConfig> config = autoencoderConfig();
    try (TensorFile weights = TensorFile.open(part("vae"))) {
      return TaeWeights.load(weights, config.isPresent() ? config.get() : TaeWeights.infer(weights), device);
    }
  }

  private Optional<TaeConfig> autoencoderConfig() throws IOException {
    Optional<Fields> config = Files.isDirectory(part("vae")) ? config("vae") : Optional.empty();
    return config.isPresent() ? Optional.of(TaeConfigs.read(config.get())) : Optional.empty();
  }

  private static LatentStatistics statistics(Optional<Fields> config) throws IOException {
    return config.isPresent() ? TaeConfigs.read(config.get()).latents() : LatentStatistics.NONE;
  }

  /// Where the parts of a model lie in a folder.
  private static final class Layout {
    private Layout() {}

    static Map<String, Path> of(Path path) throws IOException {
      Map<String, Path> parts = new LinkedHashMap<>();
      PARTS.forEach(part -> parts.put(part, path.resolve(part)));
      if (!Files.isDirectory(path.resolve("transformer"))) published(path, parts);
      Optional<Path> tiny = Files.isDirectory(path.resolve(PREVIEW))
          ? Optional.of(path.resolve(PREVIEW))
          : first(path, "taew2_1.");
      tiny.ifPresent(part -> parts.put(PREVIEW, part));
      return parts;
    }

    /// The files of Wan 2.1 as it was published, whatever their format.
    private static void published(Path path, Map<String, Path> parts) throws IOException {
      first(path, "diffusion_pytorch_model.").ifPresent(file -> parts.put("transformer", file));
      first(path, "models_t5_umt5-xxl-enc").ifPresent(file -> parts.put("text_encoder", file));
      first(path, "Wan2.1_VAE.").ifPresent(file -> parts.put("vae", file));
      if (Files.isDirectory(path.resolve("google/umt5-xxl"))) parts.put("tokenizer", path.resolve("google/umt5-xxl"));
    }

    /// The first file by name that begins so; an index comes before its shards.
    private static Optional<Path> first(Path path, String beginning) throws IOException {
      try (Stream<Path> files = Files.list(path)) {
        return files.filter(file -> Files.isRegularFile(file) && file.getFileName().toString().startsWith(beginning)).min(
            Comparator.comparing((Path file) -> !file.toString().endsWith(".json")).thenComparing(Comparator.naturalOrder()));
      }
    }
  }
}

package dev.raiju.export.cli;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.text.SentencePieceModel;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Configs;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.io.TensorFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What is in a file, by looking at what it says of itself: nothing is loaded and nothing in it is run.
///
/// @param summary one line
/// @param details a table, for those who look at this file alone
record Inspection(String summary, List<List<String>> details) {
  private static final int LONGEST_METADATA = 100;

  private static Inspection of(String summary) { return new Inspection(summary, List.of()); }

  /// Looks at a file or at the folder of a model.
  ///
  /// @throws IOException if it cannot be read or is not what it claims to be
  static Inspection of(Path path) throws IOException {
    if (isModel(path)) return model(ModelFolder.open(path));
    if (!Files.exists(path)) throw new NoSuchFileException(path.toString());
    // reading a pipe would wait for ever, reading a device might never end
    if (!Files.isRegularFile(path)) throw UserError.of("is neither a file nor the folder of a model");
    String name = path.getFileName().toString();
    byte[] start = start(path);
    Optional<TensorFormat> format = TensorFormat.of(path);
    boolean index = name.endsWith(".safetensors.index.json");
    if (index || format.isPresent() && format.get() != TensorFormat.SHARDED_SAFETENSORS) return tensors(path);
    if (name.endsWith(".safetensors")) return tensors(path);
    if (begins(start, "version https://git-lfs")) throw UserError.of("a git-lfs pointer in place of the file; run git lfs pull");
    String media = media(start);
    if (!media.isEmpty()) return of(media + ", " + Units.bytes(Files.size(path)));
    if (name.endsWith(".model")) return tokenizer(path);
    if (name.endsWith(".json") || start.length > 0 && start[0] == '{') return json(path);
    if (PathList.isText(path)) return of("text, " + Units.bytes(Files.size(path)));
    throw UserError.of("no kind of file that is known here: safetensors, their index, PyTorch archives, GGUF, tokenizers and "
        + "configurations are");
  }

  /// Whether a folder is laid out as a model is.
  static boolean isModel(Path path) {
    return Files.isDirectory(path) && (Files.exists(path.resolve("raiju.json")) || Files.isDirectory(path.resolve(
        "transformer")));
  }

  private static byte[] start(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(32);
    }
  }

  private static boolean begins(byte[] start, String text) { return has(start, 0, text); }

  private static boolean has(byte[] start, int at, String text) {
    return new String(start, StandardCharsets.ISO_8859_1).startsWith(text, at);
  }

  /// The kind of a clip's file, or nothing.
  private static String media(byte[] start) {
    if (has(start, 4, "ftyp")) return "a video, MP4";
    if (begins(start, "GIF8")) return "a picture, GIF";
    return begins(start, "\u0089PNG") ? "a picture, PNG" : "";
  }

  // ---- tensors

  private static Inspection tensors(Path path) throws IOException {
    try (TensorFile file = TensorFile.open(path)) {
      List<List<String>> rows = new ArrayList<>();
      file.entries().forEach((name, spec) -> rows.add(List.of(name, spec.dtype().toString(), spec.shape().toString(), Units.bytes(
          spec.bytes()))));
      file.metadata().forEach((name, value) -> rows.add(List.of("metadata " + name, shortened(value))));
      return new Inspection(TensorFormat.of(path).orElse(TensorFormat.SAFETENSORS) + ", " + amount(file), rows);
    }
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_METADATA
        ? text
        : text.substring(0, LONGEST_METADATA) + "… (" + text.length()
            + " characters)";
  }

  /// `57 tensors, 3.9 million values, 7.9 MiB, f16, f32`
  private static String amount(TensorFile file) {
    long values = 0;
    long bytes = 0;
    Map<String, Long> types = new TreeMap<>();
    for (Spec spec : file.entries().values()) {
      values += spec.shape().elements();
      bytes += spec.bytes();
      types.merge(spec.dtype().toString(), 1L, Long::sum);
    }
    return Units.plural(file.entries().size(), "tensor") + ", " + Units.count(values) + " values, " + Units.bytes(bytes)
        + (types.isEmpty() ? "" : ", " + String.join(", ", types.keySet()));
  }

  // ---- tokenizers and configurations

  private static Inspection tokenizer(Path path) throws IOException {
    SentencePieceModel model = SentencePieceModel.read(path);
    SentencePieceModel.SpecialIds ids = model.specialIds();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("pad, end, begin, unknown", ids.pad() + ", " + ids.end() + ", " + ids.begin() + ", " + ids.unknown()));
    for (int id = 0; id < model.pieces().size(); id++) {
      SentencePieceModel.Piece piece = model.pieces().get(id);
      rows.add(List.of(Integer.toString(id), piece.text(), Float.toString(piece.score()), piece.kind().name().toLowerCase(
          Locale.ROOT)));
    }
    return new Inspection("unigram tokenizer, " + describe(model), rows);
  }

  private static String describe(SentencePieceModel model) {
    return Units.plural(model.pieces().size(), "piece") + ", normalisation " + model.normalization().name() + (model
        .byteFallback()
            ? ", spells unknown words by bytes"
            : "");
  }

  private static Inspection json(Path path) throws IOException {
    Fields json = Fields.of(path.toString(), Json.read(path));
    String type = text(json, "_class_name");
    if (type.equals("WanTransformer3DModel")) return of("configuration, " + describe(WanConfigs.read(json)));
    if (type.equals("TinyAutoencoder")) return of("configuration, " + describe(TaeConfigs.read(json)));
    if (text(json, "model_type").equals("umt5")) return of("configuration, " + describe(Umt5Configs.read(json)));
    if (json.has("pixels_sha256")) {
      Sidecar sidecar = Sidecar.read(path);
      return of("sidecar of a clip, seed " + sidecar.origin().prompt().seed() + ", " + sidecar.origin().prompt().text());
    }
    if (json.has("sampler") && json.has("frames_per_second")) {
      json.ignore("parts");
      return of("recipe, " + describe(Recipe.read(json)));
    }
    if (json.has("model") && json.value("model") instanceof Json.Obj) return tokenizer(path);
    return of("JSON, " + Units.plural(json.names().size(), "member"));
  }

  /// A member that is text, or nothing.
  private static String text(Fields json, String name) throws IOException {
    return json.has(name) && json.value(name) instanceof Json.Str(String text) ? text : "";
  }

  private static String describe(WanConfig config) {
    return "Wan transformer, " + Units.plural(config.layers(), "block") + " of width " + config.dim() + ", " + config.heads()
        + " heads of " + config.headWidth() + ", feed-forward " + config.ffn() + ", " + config.textLength() + " text tokens";
  }

  private static String describe(Umt5Config config) {
    return "UMT5 encoder, " + Units.plural(config.layers(), "layer") + " of width " + config.dim() + ", " + config.heads()
        + " heads of " + config.headWidth() + ", feed-forward " + config.ffn() + ", " + config.vocabulary() + " ids";
  }

  private static String describe(TaeConfig config) {
    return "tiny autoencoder, " + config.latentChannels() + " channels, " + config.spaceFactor() + " x " + config.spaceFactor()
        + " pixels and " + Units.plural(config.timeFactor(), "frame") + " to a latent position";
  }

  private static String describe(Recipe recipe) {
    return Origin.describe(recipe.sampler(), recipe.shift()) + ", " + Units.plural(recipe.steps(), "step") + ", guidance "
        + recipe.guidance() + ", "
        + Units
            .plural(recipe.frames(), "frame") + " of " + recipe.width() + " x " + recipe.height() + ", " + recipe
                .framesPerSecond()
        + " a second";
  }

  // ---- models

  private static Inspection model(ModelFolder model) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    for (Map.Entry<String, Path> part : new TreeMap<>(model.parts()).entrySet()) {
      if (part.getKey().equals("tokenizer")) {
        rows.add(List.of(part.getKey(), describe(model.tokenizer().model())));
        continue;
      }
      try (TensorFile weights = TensorFile.open(part.getValue())) {
        rows.add(List.of(part.getKey(), amount(weights)));
      }
      Path config = part.getValue().resolve("config.json");
      if (Files.exists(config)) rows.add(List.of("", json(config).summary().replaceFirst("^configuration, ", "")));
    }
    return new Inspection("model, " + describe(model.recipe()), rows);
  }
}

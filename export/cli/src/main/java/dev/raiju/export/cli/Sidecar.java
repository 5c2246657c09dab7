package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What made a clip, as JSON beside it: enough to make the same bytes again, and to say what is different where they differ. The
/// same clip made again gives the same text.
///
/// @param prompt with nothing left to the model's recipe
/// @param model the folder, relative to the project if it lies in there
/// @param modelDigest of the model's files, those of `adapters` included
/// @param adapters what was merged into the transformer
/// @param machine what computed it
/// @param file the clip's file, unless only frames were written
/// @param pixels digest of the clip itself
record Sidecar(Prompt prompt, String model, String modelDigest, List<ModelFolder.Adapter> adapters, Machine machine,
    Optional<Encoded> file, String pixels) {
  private static final int LARGEST = 1 << 16;

  /// The clip's file.
  ///
  /// @param name without folder
  /// @param encoder [Encoders#OWN] or [Encoders#FFMPEG]
  /// @param digest of its bytes
  record Encoded(String name, String encoder, String digest) {}

  /// Between the sampler and its shift.
  private static final String SHIFT = ", shift ";

  /// How noise becomes data, in words.
  static String describe(Recipe.Kind sampler, double shift) { return sampler.label() + SHIFT + shift; }

  /// What [#describe] wrote.
  private static Prompt sampled(Fields json, Prompt prompt) throws ModelFormatException {
    String text = json.string("sampler");
    int comma = text.indexOf(SHIFT);
    try {
      if (comma < 0) return prompt.sampler(Recipe.Kind.of(text));
      return prompt.sampler(Recipe.Kind.of(text.substring(0, comma))).shift(Double.parseDouble(text.substring(comma + SHIFT
          .length())));
    } catch (IllegalArgumentException e) {
      throw json.refuse("sampler", "is " + text + "; needs a sampler and its shift, such as unipc, shift 5.0");
    }
  }

  /// Reads a sidecar.
  ///
  /// @throws ModelFormatException if it is none
  static Sidecar read(Path path) throws IOException {
    Fields json = Fields.read(path);
    if (!json.has("pixels_sha256")) throw new ModelFormatException(Reason.FIELD_MISSING, path, "no sidecar of a clip");
    Prompt prompt = Prompt.of(json.string("prompt")).seed(json.integer("seed")).steps(json.integer("steps", 1, LARGEST)).guidance(
        json.number("guidance")).size(json.integer("width", 1, LARGEST), json.integer("height", 1, LARGEST)).frames(json.integer(
            "length", 1, LARGEST));
    if (json.has("negative")) prompt = prompt.negative(json.string("negative"));
    Optional<Encoded> file = Optional.empty();
    if (json.has("file")) {
      Fields encoded = json.object("file");
      String name = encoded.string("name");
      if (!isPlain(name)) throw encoded.refuse("name", "is " + name + "; needs a plain file name");
      file = Optional.of(new Encoded(name, encoded.string("encoder"), encoded.string("sha256")));
    }
    return new Sidecar(sampled(json, prompt), json.string("model"), json.string("model_sha256"), Adapters.read(json), Machine
        .read(
            json.object("machine")), file, json.string("pixels_sha256"));
  }

  /// A sidecar may come from anybody, and its clip lies beside it.
  private static boolean isPlain(String name) {
    return !name.isBlank() && name.indexOf('/') < 0 && name.indexOf('\\') < 0 && name.indexOf(':') < 0 && name.indexOf('\0') < 0
        && !name.equals("..") && !name.equals(".");
  }

  Json.Obj write() {
    Json.Obj json = Json.object().with("prompt", prompt.text());
    if (prompt.negative().isPresent()) json = json.with("negative", prompt.negative().get());
    json = json.with("seed", prompt.seed()).with("steps", prompt.steps().orElseThrow()).with("guidance", prompt.guidance()
        .orElseThrow()).with("width", prompt.width().orElseThrow()).with("height", prompt.height().orElseThrow()).with("length",
            prompt.frames().orElseThrow()).with("sampler", describe(prompt.sampler().orElseThrow(), prompt.shift().orElseThrow()))
        .with("model", model).with("model_sha256", modelDigest);
    if (!adapters.isEmpty()) json = json.with("lora", Adapters.write(adapters));
    json = json.with("machine", machine.write());
    if (file.isPresent()) {
      json = json.with("file", Json.object().with("name", file.get().name()).with("encoder", file.get().encoder()).with("sha256",
          file.get().digest()));
    }
    return json.with("pixels_sha256", pixels);
  }
}

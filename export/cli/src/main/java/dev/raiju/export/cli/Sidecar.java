package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/// What made a clip, as JSON beside it: enough to make the same bytes again, and to say what is different where they differ. The
/// same clip made again gives the same text.
///
/// @param prompt with nothing left to the model's recipe
/// @param sampler the recipe's, and its shift: for the reader, since the model's own recipe is used
/// @param model the folder, relative to the project if it lies in there
/// @param modelDigest of the model's files
/// @param machine what computed it
/// @param file the clip's file, unless only frames were written
/// @param pixels digest of the clip itself
record Sidecar(Prompt prompt, String sampler, String model, String modelDigest, Machine machine, Optional<Encoded> file,
    String pixels) {
  private static final int LARGEST = 1 << 16;

  /// The clip's file.
  ///
  /// @param name without folder
  /// @param encoder [Encoders#OWN] or [Encoders#FFMPEG]
  /// @param digest of its bytes
  record Encoded(String name, String encoder, String digest) {}

  static String describe(Recipe recipe) {
    Json name = Objects.requireNonNull(recipe.write().members().get("sampler"), "every recipe has a sampler");
    return (name instanceof Json.Str(String text) ? text : "") + ", shift " + recipe.shift();
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
    return new Sidecar(prompt, json.string("sampler"), json.string("model"), json.string("model_sha256"), Machine.read(json
        .object("machine")), file, json.string("pixels_sha256"));
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
            prompt.frames().orElseThrow()).with("sampler", sampler).with("model", model).with("model_sha256", modelDigest).with(
                "machine", machine.write());
    if (file.isPresent()) {
      json = json.with("file", Json.object().with("name", file.get().name()).with("encoder", file.get().encoder()).with("sha256",
          file.get().digest()));
    }
    return json.with("pixels_sha256", pixels);
  }
}

package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Precision;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Where a clip comes from: what was asked for, of which model, on which machine.
///
/// @param prompt with nothing left to the model's recipe
/// @param model the folder, relative to the project if it lies in there
/// @param modelDigest of the model's files, those of `adapters` included
/// @param adapters what was merged into the transformer
/// @param precision in which types the model ran
/// @param types what each part of the model was held in and computed in, in words
/// @param machine what computed it
record Origin(Prompt prompt, String model, String modelDigest, List<ModelFolder.Adapter> adapters, Precision precision,
    SequencedMap<String, String> types, Machine machine) {
  private static final int LARGEST = 1 << 16;

  /// Between the sampler and its shift.
  private static final String SHIFT = ", shift ";

  /// @param digest of the model
  /// @param types of its parts, in words
  static Origin of(Prompt prompt, ModelFolder model, String digest, SequencedMap<String, String> types, Device device) {
    Path whole = model.path().toAbsolutePath().normalize();
    // relative names hold elsewhere
    String name = whole.startsWith(Raiju.root())
        ? Raiju.root().relativize(whole).toString().replace('\\', '/')
        : whole.toString();
    return new Origin(prompt, name, digest, model.adapters(), model.precision(), types, Machine.of(device));
  }

  /// The folder of the model.
  Path folder() { return Raiju.root().resolve(model); }

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

  static Origin read(Fields json) throws ModelFormatException {
    Prompt prompt = Prompt.of(json.string("prompt")).seed(json.integer("seed")).steps(json.integer("steps", 1, LARGEST)).guidance(
        json.number("guidance")).size(json.integer("width", 1, LARGEST), json.integer("height", 1, LARGEST)).frames(json.integer(
            "length", 1, LARGEST));
    if (json.has("negative")) prompt = prompt.negative(json.string("negative"));
    SequencedMap<String, String> types = new LinkedHashMap<>();
    if (json.has("types")) {
      Fields words = json.object("types");
      for (String part : words.names()) types.put(part, words.string(part));
    }
    return new Origin(sampled(json, prompt), json.string("model"), json.string("model_sha256"), Adapters.read(json),
        PrecisionOptions.read(json), types, Machine.read(json.object("machine")));
  }

  Json.Obj write() {
    Json.Obj json = Json.object().with("prompt", prompt.text());
    if (prompt.negative().isPresent()) json = json.with("negative", prompt.negative().get());
    json = json.with("seed", prompt.seed()).with("steps", prompt.steps().orElseThrow()).with("guidance", prompt.guidance()
        .orElseThrow()).with("width", prompt.width().orElseThrow()).with("height", prompt.height().orElseThrow()).with("length",
            prompt.frames().orElseThrow()).with("sampler", describe(prompt.sampler().orElseThrow(), prompt.shift().orElseThrow()))
        .with("model", model).with("model_sha256", modelDigest);
    if (!adapters.isEmpty()) json = json.with("lora", Adapters.write(adapters));
    json = PrecisionOptions.write(precision, json);
    Json.Obj words = Json.object();
    for (Map.Entry<String, String> part : types.entrySet()) words = words.with(part.getKey(), part.getValue());
    return json.with("types", words).with("machine", machine.write());
  }
}

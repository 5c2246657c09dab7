package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.pipeline.VideoPipeline;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Makes clips with one model and writes them with their sidecars.
final class ClipMaker implements AutoCloseable {
  /// Where the shipped model lies in the project.
  private static final String SHIPPED = "models/pretrained/shapes";

  private final ModelFolder model;
  private final String digest;
  private final VideoPipeline pipeline;
  private final Device device;
  private final Meter meter;

  private ClipMaker(ModelFolder model, String digest, VideoPipeline pipeline, Device device, Meter meter) {
    this.model = model;
    this.digest = digest;
    this.pipeline = pipeline;
    this.device = device;
    this.meter = meter;
  }

  /// The model that the user named, or the shipped one.
  static ModelFolder model(Optional<Path> named) throws IOException {
    Path folder = named.orElseGet(() -> Raiju.root().resolve(SHIPPED));
    if (named.isEmpty() && !Files.isDirectory(folder)) {
      throw UserError.of("no model: there is no folder " + folder
          + "; name one with --model DIR, or train one with ./raiju train");
    }
    return ModelFolder.open(folder);
  }

  /// Loads a model.
  static ClipMaker load(ModelFolder model, Device device, Meter meter) throws IOException {
    meter.begin("load");
    String digest = Digest.of(model);
    return new ClipMaker(model, digest, VideoPipeline.load(model, device, meter), device, meter);
  }

  String digest() { return digest; }

  VideoPipeline pipeline() { return pipeline; }

  /// The prompt with nothing left to the recipe.
  static Prompt complete(Prompt prompt, Recipe recipe) {
    double guidance = prompt.guidance().orElse(recipe.guidance());
    Prompt whole = prompt.steps(prompt.steps().orElse(recipe.steps())).guidance(guidance).size(prompt.width().orElse(recipe
        .width()), prompt.height().orElse(recipe.height())).frames(prompt.frames().orElse(recipe.frames())).sampler(prompt
            .sampler()
            .orElse(recipe.sampler())).shift(prompt.shift().orElse(recipe.shift()));
    return guidance == 1 || prompt.negative().isPresent() ? whole : whole.negative(recipe.negative());
  }

  Clip make(Prompt prompt) { return make(prompt, Optional.empty()); }

  /// @param preview a file to write the clip of every step to
  Clip make(Prompt prompt, Optional<Path> preview) {
    Progress progress = preview.isEmpty() ? meter : meter.previewing((_, clip) -> show(clip, preview.get()));
    Clip clip = pipeline.generate(prompt, progress);
    meter.finish();
    return clip;
  }

  private static void show(Clip clip, Path file) {
    try {
      clip.save(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The bytes of the clip's file.
  static byte[] encode(Clip clip, ClipWriter writer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    writer.write(clip, bytes);
    return bytes.toByteArray();
  }

  /// Writes a clip, its frames and its sidecar, each whole or not at all; what was there before is replaced.
  ///
  /// @param prompt complete
  void write(Clip clip, Prompt prompt, Outputs outputs, String encoder) throws Exception {
    meter.begin("write");
    Sidecar sidecar = new Sidecar(prompt, modelName(), digest, model.adapters(), Machine.of(device), Optional
        .empty(), Digest.of(clip));
    Optional<byte[]> encoded = Optional.empty();
    if (outputs.clip().isPresent()) {
      Path file = outputs.clip().get();
      byte[] bytes = encode(clip, Encoders.find(file, encoder));
      encoded = Optional.of(bytes);
      sidecar = new Sidecar(sidecar.prompt(), sidecar.model(), digest, sidecar.adapters(), sidecar.machine(), Optional.of(
          new Sidecar.Encoded(file.getFileName().toString(), encoder, Digest.of(bytes))), sidecar.pixels());
    }
    store(clip, encoded, sidecar.write().pretty(), outputs);
    meter.finish();
  }

  private static void store(Clip clip, Optional<byte[]> encoded, String sidecar, Outputs outputs) throws Exception {
    Interruption.withstand(() -> {
      if (outputs.frames().isPresent()) clip.saveFrames(outputs.frames().get());
      if (encoded.isPresent()) Durable.system().write(outputs.clip().orElseThrow(), encoded.get());
      Durable.system().write(outputs.sidecar(), sidecar);
      return outputs;
    });
  }

  /// How sidecars call the model: relative to the project if it lies in there, so that they hold elsewhere.
  private String modelName() {
    Path whole = model.path().toAbsolutePath().normalize();
    return whole.startsWith(Raiju.root()) ? Raiju.root().relativize(whole).toString().replace('\\', '/') : whole.toString();
  }

  @Override
  public void close() { pipeline.close(); }
}

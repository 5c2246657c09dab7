package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/// Writes the clips of a model with their sidecars.
///
/// @param digest of the model
/// @param types what each part of the model is held in and computes in, in words
record ClipFiles(ModelFolder model, String digest, SequencedMap<String, String> types, Device device, Meter meter) {
  static ClipFiles of(ModelFolder model, Device device, Meter meter) throws IOException {
    meter.begin("load");
    return new ClipFiles(model, Digest.of(model), types(model, device), device, meter);
  }

  private static SequencedMap<String, String> types(ModelFolder model, Device device) throws IOException {
    SequencedMap<String, String> types = new LinkedHashMap<>();
    String compute = model.precision().compute().label();
    model.weights(device).forEach((part, weights) -> types.put(part, weights + "; computes in " + (part.equals("vae")
        ? DType.F32.label()
        : compute)));
    return types;
  }

  /// @param prompt complete
  Origin origin(Prompt prompt) { return Origin.of(prompt, model, digest, types, device); }

  /// The bytes of the clip's file.
  static byte[] encode(Clip clip, ClipWriter writer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    writer.write(clip, bytes);
    return bytes.toByteArray();
  }

  /// Writes a clip, its frames and its sidecar, each whole or not at all; what was there before is replaced.
  void write(Clip clip, Origin origin, Outputs outputs, String encoder) throws Exception {
    meter.begin("write");
    Sidecar sidecar = new Sidecar(origin, Optional.empty(), Digest.of(clip));
    Optional<byte[]> encoded = Optional.empty();
    if (outputs.clip().isPresent()) {
      Path file = outputs.clip().get();
      byte[] bytes = encode(clip, Encoders.find(file, encoder));
      encoded = Optional.of(bytes);
      sidecar = new Sidecar(origin, Optional.of(new Sidecar.Encoded(file.getFileName().toString(), encoder, Digest.of(bytes))),
          sidecar.pixels());
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
}

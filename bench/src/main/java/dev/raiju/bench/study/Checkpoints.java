package dev.raiju.bench.study;

import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// Models between two stages of a study, in f32: one that was read back is the same as one that was never written.
record Checkpoints(Path folder, Device device) {
  private static final String CONFIG = "config";

  void save(String name, WanTransformer model) throws IOException {
    SafeTensors.write(file(name), WanWeights.named(model, WanWeights.DIFFUSERS), Map.of(CONFIG, WanConfigs.write(model.config())
        .compact()));
  }

  /// The caller's, if it is there.
  Optional<WanTransformer> load(String name) throws IOException {
    if (!Files.exists(file(name))) return Optional.empty();
    try (SafeTensors stored = SafeTensors.open(file(name))) {
      String config = stored.metadata().getOrDefault(CONFIG, "{}");
      Fields sizes = Fields.of(file(name).toString(), Json.parse(file(name).toString(), config));
      try (WanTransformer mapped = WanWeights.load(stored, WanConfigs.read(sizes), device)) {
        return Optional.of(mapped.copy());
      }
    }
  }

  void remove(String name) throws IOException {
    if (Files.exists(file(name))) Durable.system().remove(file(name));
  }

  private Path file(String name) { return folder.resolve(name + ".safetensors"); }
}

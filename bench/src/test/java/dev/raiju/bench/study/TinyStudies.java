package dev.raiju.bench.study;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.io.Json;
import dev.raiju.training.loop.History;
import dev.raiju.training.loop.Metrics;
import dev.raiju.training.loop.Trainer;
import dev.raiju.training.recipe.ChainRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The shipped studies at sizes that take seconds, on a model that was trained for a few steps. It has as many heads, neurons and blocks as
/// the shipped teacher, so that what is pruned is the same.
final class TinyStudies {
  private static final Path SHIPPED = Path.of(System.getProperty("raiju.root", "..")).resolve("bench/studies");
  private static final String BATCHES = """
      {"clips": {"one_shape": 1, "two_shapes": 0, "digits": 0}, "noise": {"distribution": "uniform"}}""";
  private static final String CHAIN = """
      {
        "name": "tiny", "seed": 3, "model": "tiny", "teacher": "tiny-teacher",
        "data": {"one_shape": 2, "two_shapes": 1, "digits": 1, "pictures_part": 1, "clips": 6, "pictures": 2},
        "autoencoder": {"image_channels": 3, "patch": 4, "latent_channels": 4, "stem": 4,
          "encoder": [{"width": 4, "blocks": 0, "time": 2}, {"width": 8, "blocks": 0, "time": 2}],
          "decoder": [{"width": 8, "blocks": 0, "time": 2}, {"width": 4, "blocks": 0, "time": 2}], "last": 4},
        "text": {"vocabulary": 64, "corpus": 300, "dim": 8, "layers": 1, "heads": 2, "ffn": 8},
        "transformer": {"num_attention_heads": 8, "attention_head_dim": 6, "ffn_dim": 1024, "num_layers": 8, "text_dim": 8,
          "text_length": 20, "freq_dim": 8, "in_channels": 4, "out_channels": 4, "patch_size": [1, 2, 2]},
        "stages": {
          "autoencoder": {"steps": 1, "crop_steps": 1, "crop": 32, "crop_batch": 1, "clip_batch": 1, "learning": {"rate": 1e-3}},
          "teacher": {"steps": 1, "batches": BATCHES, "learning": {"rate": 1e-3}},
          "prune": {"heads": 2, "ffn": 8, "samples": 2},
          "recover": {"steps": 1, "batches": BATCHES, "learning": {"rate": 1e-3}},
          "refine": {"steps": 1, "batches": BATCHES, "learning": {"rate": 1e-3}},
          "distill": {"steps": 1, "critic_updates": 1, "levels": [1], "guidance": 2, "scores": {"distribution": "uniform"},
            "batches": BATCHES, "generator": {"rate": 1e-3}, "critic": {"rate": 1e-3}}
        }
      }
      """.replace("BATCHES", BATCHES);

  /// What is made smaller, and to what at most.
  private static final Map<String, Long> MOST = Map.ofEntries(Map.entry("one_shape", 1L), Map.entry("two_shapes", 1L), Map.entry(
      "digits", 1L), Map.entry("samples", 3L), Map.entry("steps", 2L), Map.entry("mask_steps", 1L), Map.entry("prompts", 3L), Map
          .entry("every", 1L), Map.entry("clips", 6L), Map.entry("pictures", 2L), Map.entry("critic_updates", 1L), Map.entry(
              "critic_only", 0L), Map.entry("warmup", 1L));

  private TinyStudies() {}

  /// Trains a model into a folder.
  static void model(Path root) throws IOException {
    Path config = Files.writeString(root.resolve("chain.json"), CHAIN);
    ChainRun chain = new ChainRun(config, root, root.resolve("runs"), Device.best(), new Trainer.Observer() {
      @Override
      public void stepped(long step, long steps, Metrics metrics, History history) {}

      @Override
      public void note(String line) {}
    }, () -> false);
    for (String stage : List.of("autoencoder", "teacher")) chain.run(stage);
  }

  /// A shipped study made small, written into a folder.
  static Json.Obj shipped(String name, Path folder) throws IOException {
    Json.Obj study = (Json.Obj) small("", Json.read(SHIPPED.resolve(name + ".json")));
    study = study.with("model", "tiny").with("teacher", "tiny-teacher").with("seeds", Json.array(Json.of(1)));
    write(study, name, folder);
    return study;
  }

  static void write(Json.Obj study, String name, Path folder) throws IOException {
    Files.writeString(folder.resolve(name + ".json"), study.pretty());
  }

  private static Json small(String name, Json value) {
    return switch (value) {
      case Json.Obj(Map<String, Json> members) -> {
        Map<String, Json> smaller = new LinkedHashMap<>();
        members.forEach((key, member) -> smaller.put(key, small(key, member)));
        yield new Json.Obj(smaller);
      }
      case Json.Arr(List<Json> items) -> new Json.Arr(items.stream().map(item -> small("", item)).toList());
      case Json.Int(long whole) when MOST.containsKey(name) -> Json.of(Math.min(whole, MOST.getOrDefault(name, whole)));
      case Json.Str _,Json.Int _,Json.Real _,Json.Bool _,Json.Null _ -> value;
    };
  }

  static Set<String> names() throws IOException {
    try (var files = Files.list(SHIPPED)) {
      return Set.copyOf(files.map(file -> file.getFileName().toString()).filter(file -> file.endsWith(".json")).map(file -> file
          .substring(0, file.length() - ".json".length())).toList());
    }
  }
}

package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ModelFolder.Adapter;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// LoRA files as users name them, and as sidecars record them.
final class Adapters {
  private Adapters() {}

  /// `FILE`, `FILE:SCALE`, or several of these with commas between them.
  static List<Adapter> parse(Optional<String> text) {
    List<Adapter> adapters = new ArrayList<>();
    for (String one : text.map(list -> list.split(",", -1)).orElse(new String[0])) adapters.add(adapter(one));
    return adapters;
  }

  private static Adapter adapter(String text) {
    int colon = text.lastIndexOf(':');
    Optional<Double> scale = colon < 0 ? Optional.empty() : number(text.substring(colon + 1));
    String name = scale.isPresent() ? text.substring(0, colon) : text;
    try {
      Path file = Path.of(name);
      if (name.isBlank() || !Files.exists(file)) throw UserError.of("--lora: there is no file " + name);
      return new Adapter(file, scale.orElse(1.0));
    } catch (InvalidPathException e) {
      throw UserError.usage("--lora: not the name of a file: '" + name + "'");
    }
  }

  private static Optional<Double> number(String text) {
    try {
      double value = Double.parseDouble(text);
      return Double.isFinite(value) ? Optional.of(value) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  static Json write(List<Adapter> adapters) {
    return Json.array(adapters.stream().map(a -> (Json) Json.object().with("file", a.file().toAbsolutePath().normalize()
        .toString()).with("scale", a.scale())).toArray(Json[]::new));
  }

  /// Those of a sidecar; a file that is gone is told when it is loaded.
  static List<Adapter> read(Fields json) throws ModelFormatException {
    List<Adapter> adapters = new ArrayList<>();
    if (!json.has("lora")) return adapters;
    for (Fields one : json.objects("lora")) {
      try {
        adapters.add(new Adapter(Path.of(one.string("file")), one.number("scale")));
      } catch (InvalidPathException e) {
        throw one.refuse("file", "is no name of a file");
      }
    }
    return adapters;
  }
}

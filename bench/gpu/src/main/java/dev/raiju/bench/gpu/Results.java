package dev.raiju.bench.gpu;

import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The results of one device: a file that is written anew after every unit, and read by the next call, which goes on from there.
final class Results {
  private final Path file;
  private final Map<String, Json.Obj> parts = new LinkedHashMap<>();
  private Json.Obj report;
  private long calls;

  private Results(Path file, Json.Obj report) {
    this.file = file;
    this.report = report;
  }

  /// Those of the device that a report tells of; empty if there are none yet.
  ///
  /// @param report has `name` and `driver`
  static Results open(Path directory, Json.Obj report) throws IOException {
    Durable.system().makeDirectory(directory);
    String name = report.members().get("name") instanceof Json.Str(String text) ? text : "unknown";
    Path file = directory.resolve(name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + ".json");
    Results results = new Results(file, report);
    if (!Files.exists(file)) return results;
    Fields before = Fields.read(file);
    results.calls = before.integer("calls");
    Fields stored = before.object("parts");
    for (String part : stored.names()) {
      if (stored.value(part) instanceof Json.Obj units) results.parts.put(part, units);
    }
    return results;
  }

  Path file() { return file; }

  /// The units of a part that are still to be done: a tool that one machine lacks, the next may have, and what was stopped goes on.
  List<String> missing(Part part) {
    Json.Obj done = parts.getOrDefault(part.name(), Json.object());
    return part.units().stream().filter(unit -> !done.members().containsKey(unit) || Part.UNDONE.contains(word(done.members().get(
        unit)))).toList();
  }

  void begin() { calls++; }

  /// Writes a unit down.
  void put(String part, String unit, Json.Obj facts) throws IOException {
    parts.put(part, parts.getOrDefault(part, Json.object()).with(unit, facts));
    save();
  }

  /// How many units ended how, for each part.
  Json.Obj counts() {
    Json.Obj all = Json.object();
    for (var part : parts.entrySet()) {
      Map<String, Long> words = new TreeMap<>();
      for (Json unit : part.getValue().members().values()) words.merge(word(unit), 1L, Long::sum);
      Json.Obj line = Json.object();
      for (var word : words.entrySet()) line = line.with(word.getKey(), word.getValue());
      all = all.with(part.getKey(), line);
    }
    return all;
  }

  private static String word(@Nullable Json unit) {
    return unit instanceof Json.Obj facts && facts.members().get("outcome") instanceof Json.Str(String word) ? word : "unknown";
  }

  void save() throws IOException {
    Json.Obj all = Json.object();
    for (var part : parts.entrySet()) all = all.with(part.getKey(), part.getValue());
    Json.Obj times = parts.getOrDefault(Part.TIMES, Json.object());
    Durable.system().write(file, Json.object().with("device", report).with("date", Instant.now().truncatedTo(ChronoUnit.SECONDS)
        .toString()).with("calls", calls).with("counts", counts()).with("goals", Goals.of(times)).with("parts", all).pretty());
  }
}

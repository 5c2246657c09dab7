package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ClipEstimate;
import dev.raiju.models.pipeline.ClipEstimate.StageEstimate;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.tensor.io.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What the stages of a clip took, beside what they were estimated to.
///
/// @param estimate made before the clip
/// @param rows measured
record MeasuredClip(ClipEstimate estimate, List<StageUse.Row> rows) {
  private Optional<StageEstimate> estimated(String stage) {
    return estimate.stages().stream().filter(known -> Meter.name(known.stage()).equals(stage)).findFirst();
  }

  /// For people, a line for each stage.
  List<String> lines() {
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("stage", "seconds", "cpu seconds", "peak resident", "mapped", "tensor pool", "estimated", "work",
        "GFLOP per cpu second"));
    for (StageUse.Row row : rows) {
      Optional<StageEstimate> known = estimated(row.stage());
      table.add(List.of(row.stage(), number(row.seconds()), number(row.cpuSeconds()), row.resident().map(r -> Units.bytes(r
          .peak())).orElse("-"), row.resident().map(r -> Units.bytes(r.mapped())).orElse("-"), Units.bytes(row.pool()), known.map(
              e -> Units.bytes(e.pool())).orElse("-"), known.map(e -> Units.flops(e.flops())).orElse("-"), known.map(e -> number(e
                  .flops() / row.cpuSeconds() / 1e9)).orElse("-")));
    }
    return Table.lines(table);
  }

  private static String number(double value) { return String.format(Locale.ROOT, "%.1f", value); }

  /// For files.
  Json.Obj write(Prompt prompt, Map<String, String> types, Machine machine) {
    Json.Obj clip = Json.object().with("width", prompt.width().orElseThrow()).with("height", prompt.height().orElseThrow()).with(
        "frames", prompt.frames().orElseThrow()).with("steps", prompt.steps().orElseThrow()).with("guidance", prompt.guidance()
            .orElseThrow());
    Json.Obj held = Json.object();
    for (Map.Entry<String, String> part : types.entrySet()) held = held.with(part.getKey(), part.getValue());
    return Json.object().with("clip", clip).with("types", held).with("machine", machine.write()).with("load_average", StageUse
        .load()).with("stages", Json.array(rows.stream().map(this::write).toArray(Json[]::new)));
  }

  private Json write(StageUse.Row row) {
    Json.Obj json = Json.object().with("stage", row.stage()).with("seconds", rounded(row.seconds())).with("cpu_seconds", rounded(
        row.cpuSeconds()));
    if (row.resident().isPresent()) {
      Resident resident = row.resident().get();
      json = json.with("peak_resident_bytes", resident.peak()).with("mapped_resident_bytes", resident.mapped());
    }
    json = json.with("pool_bytes", row.pool()).with("peak_tensor_bytes", row.tensors());
    Optional<StageEstimate> known = estimated(row.stage());
    if (known.isEmpty()) return json;
    return json.with("estimated_pool_bytes", known.get().pool()).with("estimated_weight_bytes", known.get().weights().mapped())
        .with("estimated_flops", known.get().flops());
  }

  private static double rounded(double value) { return Math.round(value * 1000) / 1000.0; }
}

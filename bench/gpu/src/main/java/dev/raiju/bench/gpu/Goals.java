package dev.raiju.bench.gpu;

import dev.raiju.tensor.io.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// How times stand to what they should be: to those of the fastest peer of the same run, and to the copy of memory for what memory
/// limits.
final class Goals {
  private static final String COPY = "copy_256M f32";
  /// What begins so should be at least so many times as fast as the peer.
  private static final Map<String, Double> PEER = new LinkedHashMap<>();
  /// What begins so should move at least such a part of the bytes that a copy moves.
  private static final Map<String, Double> MEMORY = new LinkedHashMap<>();

  static {
    PEER.put("linear_", 0.9);
    PEER.put("attn_fwdbwd_", 0.85);
    PEER.put("attn_", 0.9);
    PEER.put("train_", 1.0);
    PEER.put("fwd_", 1.0);
    PEER.put("block_", 1.0);
    MEMORY.put("rmsnorm_", 0.85);
    MEMORY.put("layernorm_", 0.85);
    MEMORY.put("adamw_", 0.85);
  }

  private Goals() {}

  /// A line for each time that has a goal, with what it is compared by, its ratio, and whether that is enough.
  static Json.Obj of(Json.Obj times) {
    Json.Obj goals = Json.object();
    OptionalDouble copy = number(times.members().get(COPY), "gbps");
    for (var time : times.members().entrySet()) {
      String unit = time.getKey();
      OptionalDouble bytes = number(time.getValue(), "gbps");
      OptionalDouble memory = goal(MEMORY, unit);
      if (memory.isPresent() && copy.isPresent() && bytes.isPresent())
        goals = goals.with(unit, line("copy", bytes.getAsDouble() / copy.getAsDouble(), memory.getAsDouble()));
      OptionalDouble peer = goal(PEER, unit);
      OptionalDouble ratio = slowest(time.getValue());
      if (peer.isPresent() && ratio.isPresent())
        goals = goals.with(unit, line("peer", ratio.getAsDouble(), peer.getAsDouble()));
    }
    return goals;
  }

  private static Json.Obj line(String of, double ratio, double goal) {
    return Json.object().with("of", of).with("ratio", Math.round(1000 * ratio) / 1000.0).with("goal", goal).with("met",
        ratio >= goal);
  }

  private static OptionalDouble goal(Map<String, Double> goals, String unit) {
    return goals.entrySet().stream().filter(goal -> unit.startsWith(goal.getKey())).mapToDouble(Map.Entry::getValue).findFirst();
  }

  /// The ratio to the fastest peer.
  private static OptionalDouble slowest(Json time) {
    if (!(time instanceof Json.Obj line) || !(line.members().get("peers") instanceof Json.Obj peers))
      return OptionalDouble
          .empty();
    return peers.members().values().stream().map(peer -> number(peer, "ratio")).filter(OptionalDouble::isPresent).mapToDouble(
        OptionalDouble::getAsDouble).min();
  }

  private static OptionalDouble number(@Nullable Json facts, String name) {
    if (!(facts instanceof Json.Obj line)) return OptionalDouble.empty();
    return switch (line.members().get(name)) {
      case Json.Real(double value) -> OptionalDouble.of(value);
      case Json.Int(long value) -> OptionalDouble.of(value);
      case null, default -> OptionalDouble.empty();
    };
  }
}

package dev.raiju.bench;

import dev.raiju.tensor.io.Json;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/// What one call of a case does, counted as the peers count it.
///
/// @param shape the sizes that name the case
/// @param flop multiply-adds of matrix products and attention, as two each; 0 if none are counted
/// @param bytes what must move at least once; 0 if it is not counted
/// @param params parameters of a whole model
/// @param frames frames that a decoder makes
record Work(List<Long> shape, long flop, long bytes, OptionalLong params, OptionalLong frames) {
  static Work of(long flop, long bytes, long... shape) {
    return new Work(Arrays.stream(shape).boxed().toList(), flop, bytes, OptionalLong.empty(), OptionalLong.empty());
  }

  Work params(long params) { return new Work(shape, flop, bytes, OptionalLong.of(params), frames); }

  Work frames(long frames) { return new Work(shape, flop, bytes, params, OptionalLong.of(frames)); }

  Json shapeJson() { return new Json.Arr(shape.stream().map(Json::of).toList()); }
}

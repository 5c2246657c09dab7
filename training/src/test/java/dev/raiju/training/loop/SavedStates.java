package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// States whose contents follow from their step.
final class SavedStates {
  private SavedStates() {}

  static void save(RunDirectory run, long step, int elements) throws IOException {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = Map.of("weights", Tensor.of(values(step, elements), elements), "moments", Tensor.of(values(
          -step, elements), elements));
      run.save(step, tensors, Json.object().with("position", 3 * step));
    }
  }

  private static float[] values(long step, int elements) {
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) values[i] = 1000 * step + i % 997;
    return values;
  }

  /// The step of the newest state, which must be what was saved; 0 if there is none.
  static long newest(RunDirectory run, int elements) throws IOException {
    var newest = run.newest(Device.reference());
    if (newest.isEmpty()) return 0;
    try (RunDirectory.State state = newest.get()) {
      assertArrayEquals(values(state.step(), elements), state.tensors().get("weights").toFloats());
      assertArrayEquals(values(-state.step(), elements), state.tensors().get("moments").toFloats());
      assertEquals(3 * state.step(), state.facts().integer("position"));
      return state.step();
    }
  }

  static List<String> names(java.nio.file.Path directory) throws IOException {
    try (var entries = java.nio.file.Files.list(directory)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}

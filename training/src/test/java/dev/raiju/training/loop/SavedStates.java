package dev.raiju.training.loop;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// States whose contents follow from their step. Also used by a process that has no test framework.
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
      requireSame(values(state.step(), elements), state.tensors().get("weights"));
      requireSame(values(-state.step(), elements), state.tensors().get("moments"));
      if (state.facts().integer("position") != 3 * state.step()) throw new AssertionError("facts of another state");
      return state.step();
    }
  }

  private static void requireSame(float[] expected, Tensor actual) {
    if (!Arrays.equals(expected, actual.toFloats())) throw new AssertionError("tensors of another state");
  }

  static List<String> names(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}

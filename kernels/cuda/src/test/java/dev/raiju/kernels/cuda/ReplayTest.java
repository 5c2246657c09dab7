package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.ReplayConformance;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.Recording;
import dev.raiju.tensor.graph.Replay;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Plans as graphs of the stand-in.
class ReplayTest extends ReplayConformance {
  // the input to its place, the graph, two outputs
  private static final int LAUNCHES = 4;

  @Override
  protected Backend backend() { return StandIn.backend(); }

  private static int launches() { return StandIn.tell("standInLaunches", 0); }

  @Test
  void aRunIsOneGraph() {
    Device device = Device.of(backend());
    try (Scope _ = Scope.open(); Replay replay = replay(device)) {
      Map<String, Tensor> input = Map.of("x", input(3, device));
      float[] wanted = Objects.requireNonNull(replay.run(input).get("rows")).toFloats();
      int before = launches();
      var found = replay.run(input);
      assertTrue(launches() - before <= LAUNCHES, "" + (launches() - before));
      assertArrayEquals(wanted, Objects.requireNonNull(found.get("rows")).toFloats());
    }
  }

  private static void write(Backend backend, Buffer target, int value) {
    backend.write(target, 0, MemorySegment.ofArray(new int[] {value}));
  }

  private static int read(Backend backend, Buffer source) {
    int[] values = new int[1];
    backend.read(source, 0, MemorySegment.ofArray(values));
    return values[0];
  }

  @Test
  void whatTheHostWritesIsWrittenAtEveryRun() {
    Backend backend = backend();
    Buffer place = backend.allocate(Integer.BYTES);
    write(backend, place, 1);
    try (Recording recording = backend.record(() -> write(backend, place, 2)).orElseThrow()) {
      assertEquals(1, read(backend, place));
      recording.run();
      assertEquals(2, read(backend, place));
      write(backend, place, 3);
      recording.run();
      assertEquals(2, read(backend, place));
    }
    place.release();
  }

  /// What a recording does not allow leaves nothing behind: the backend works as before.
  @Test
  void whatFailsIsNotKept() {
    Backend backend = backend();
    Buffer place = backend.allocate(Integer.BYTES);
    write(backend, place, 1);
    var e = assertThrows(IllegalStateException.class, () -> backend.record(() -> {
      write(backend, place, 2);
      read(backend, place);
    }));
    assertTrue(String.valueOf(e.getMessage()).contains("cannot be waited for"), e.getMessage());
    assertEquals(1, read(backend, place));
    try (Scope _ = Scope.open()) {
      assertEquals(-4, Tensor.scalar(4).to(Device.of(backend)).neg().toFloats()[0]);
    }
    place.release();
  }
}

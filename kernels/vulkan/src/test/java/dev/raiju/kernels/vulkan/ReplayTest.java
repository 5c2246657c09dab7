package dev.raiju.kernels.vulkan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.kernels.conformance.ReplayConformance;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.graph.Replay;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Plans as command buffers.
class ReplayTest extends ReplayConformance {
  private static final int RUNS = 5;
  // the input twice, what was kept, two outputs and reading one of them
  private static final int COMMANDS = 6;
  // the input, its check and the answer to that, picking, what was kept, the output
  private static final int PICKING_COMMANDS = 6;

  @Override
  protected Backend backend() { return OnDevice.backend(); }

  /// Input, all kernels and outputs go to the device together, and the kernels are recorded once.
  @Test
  void aRunIsOneSubmission() {
    VulkanGpu gpu = OnDevice.gpu();
    Device device = Device.of(backend());
    long bytes = gpu.usedBytes();
    try (Scope _ = Scope.open(); Replay replay = replay(device)) {
      float[] wanted = run(replay, device);
      long before = gpu.submissions();
      long commands = gpu.commands();
      for (int i = 0; i < RUNS; i++) assertEquals(wanted[i], run(replay, device)[i]);
      assertEquals(RUNS, gpu.submissions() - before);
      assertEquals(RUNS * COMMANDS, gpu.commands() - commands);
    }
    assertEquals(bytes, gpu.usedBytes());
  }

  /// What comes after the wait is kept too: one command, however many kernels.
  @Test
  void aPlanThatWaitsIsKeptButForThat() {
    VulkanGpu gpu = OnDevice.gpu();
    Device device = Device.of(backend());
    try (Scope _ = Scope.open(); Replay replay = picking(device)) {
      Tensor ids = Tensor.of(new int[] {4, 0, 7}, 3).to(device);
      replay.run(Map.of("ids", ids));
      long before = gpu.commands();
      replay.run(Map.of("ids", ids));
      assertEquals(PICKING_COMMANDS, gpu.commands() - before);
    }
  }

  private float[] run(Replay replay, Device device) {
    return Objects.requireNonNull(replay.run(Map.of("x", input(3, device))).get("rows")).toFloats();
  }

  @AfterAll
  static void theValidationLayerIsSilent() { OnDevice.wasCorrect(); }
}

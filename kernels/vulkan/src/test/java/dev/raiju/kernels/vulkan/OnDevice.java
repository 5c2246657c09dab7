package dev.raiju.kernels.vulkan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/// The device of this machine under the validation layer, opened once; tests that ask for it are skipped where there is none.
final class OnDevice {
  private static final Optional<VulkanGpu> GPU;
  private static final String REASON;

  static {
    Optional<VulkanGpu> gpu = Optional.empty();
    String reason = "";
    try {
      gpu = Optional.of(VulkanProvider.openGpu(true, Integer.getInteger("raiju.vulkan.device", -1), Optional.empty()));
    } catch (UnavailableException e) {
      reason = "no Vulkan with its validation layer on this machine: " + e.getMessage();
    }
    GPU = gpu;
    REASON = reason;
  }

  private OnDevice() {}

  static VulkanGpu gpu() {
    Assumptions.assumeTrue(GPU.isPresent(), REASON);
    return GPU.orElseThrow();
  }

  static GpuBackend backend() { return new GpuBackend("vulkan", gpu()); }

  /// Fails if the validation layer had anything to say since the process began.
  static void wasCorrect() {
    if (GPU.isPresent()) assertEquals(List.of(), GPU.get().complaints());
  }
}

package dev.raiju.kernels.vulkan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lwjgl.vulkan.VK10.*;

import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Which device is taken, and what is said where there is none.
class VulkanProviderTest {
  private static Candidate candidate(String name, int kind, String... missing) {
    Candidate real = OnDevice.gpu().candidate();
    return new Candidate(real.handle(), name, kind, real.version(), real.queueFamily(), real.cacheUuid(), real.mostBytes(), real
        .mostBlocks(), real.subgroup(), List.of(missing));
  }

  private static String refusal(List<Candidate> all, int ordinal) {
    return assertThrows(UnavailableException.class, () -> VulkanProvider.choose(all, ordinal)).getMessage();
  }

  @Test
  void prefersAGpuOfItsOwnThatMissesNothing() throws Exception {
    Candidate processor = candidate("llvmpipe", VK_PHYSICAL_DEVICE_TYPE_CPU);
    Candidate inside = candidate("inside", VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU);
    Candidate old = candidate("old", VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, "8-bit storage");
    Candidate own = candidate("own", VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
    assertEquals(own, VulkanProvider.choose(List.of(processor, inside, old, own), -1));
    assertEquals(inside, VulkanProvider.choose(List.of(processor, old, inside), -1));
    assertEquals(processor, VulkanProvider.choose(List.of(old, processor), -1));
    assertEquals(processor, VulkanProvider.choose(List.of(processor, own), 0));
  }

  @Test
  void saysWhatIsMissing() {
    Candidate old = candidate("old", VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, "8-bit storage", "timeline semaphores");
    assertEquals("the Vulkan loader finds no device: no driver is installed", refusal(List.of(), -1));
    assertEquals("old has not: 8-bit storage, timeline semaphores", refusal(List.of(old), -1));
    assertEquals("old has not: 8-bit storage, timeline semaphores", refusal(List.of(old), 0));
    assertEquals("raiju.vulkan.device: 1: there are 1; needs 0 to 0", refusal(List.of(old), 1));
  }

  @Test
  void describesTheDevice() {
    String line = OnDevice.gpu().describe();
    assertTrue(line.matches(".+, Vulkan 1\\.\\d, subgroups of \\d+.*"), line);
  }

  @AfterAll
  static void theValidationLayerIsSilent() { OnDevice.wasCorrect(); }
}

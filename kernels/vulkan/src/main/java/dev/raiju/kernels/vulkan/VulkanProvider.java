package dev.raiju.kernels.vulkan;

import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.BackendProvider;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Finds a device with Vulkan 1.2, a GPU of its own first and one that the processor plays last.
///
/// The system property `raiju.vulkan.device` says which of the devices instead, from 0 on in the system's order;
/// `raiju.vulkan.validation` lets the Khronos validation layer watch all calls; `raiju.vulkan.cache` names the folder for compiled
/// kernels, none if it is empty.
public final class VulkanProvider implements BackendProvider {
  private static final String DEVICE = "raiju.vulkan.device";
  private static final String VALIDATION = "raiju.vulkan.validation";
  private static final String CACHE = "raiju.vulkan.cache";
  private static final String LWJGL_MEMORY = "org.lwjgl.system.memoryBackend";

  public VulkanProvider() {}

  @Override
  public String name() { return "vulkan"; }

  @Override
  public Backend open() throws UnavailableException {
    // LWJGL's other way to memory is one that the JDK warns of; read once, when its first class is loaded
    if (System.getProperty(LWJGL_MEMORY) == null) System.setProperty(LWJGL_MEMORY, "ffm");
    String cache = System.getProperty(CACHE, cacheOfUser());
    VulkanGpu gpu = openGpu(Boolean.getBoolean(VALIDATION), Integer.getInteger(DEVICE, -1), cache.isEmpty()
        ? Optional.empty()
        : Optional.of(Path.of(cache)));
    Runtime.getRuntime().addShutdownHook(new Thread(gpu::keepPipelines, "raiju-vulkan-cache"));
    return new GpuBackend("vulkan", gpu);
  }

  private static String cacheOfUser() {
    String home = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
    return (home.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(home)).resolve("raiju/vulkan")
        .toString();
  }

  /// @param ordinal of the device, -1 for the best
  /// @param cache the folder for compiled kernels
  static VulkanGpu openGpu(boolean validated, int ordinal, Optional<Path> cache) throws UnavailableException {
    try {
      Instance instance = Instance.open(validated);
      List<Candidate> all = instance.devices().stream().map(Candidate::of).toList();
      Candidate candidate = choose(all, ordinal);
      return new VulkanGpu(instance, candidate, cache.map(folder -> PipelineFile.in(folder, candidate)));
    } catch (VulkanException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()));
    }
  }

  /// The one that was asked for, or the best that misses nothing.
  static Candidate choose(List<Candidate> all, int ordinal) throws UnavailableException {
    if (all.isEmpty()) throw new UnavailableException("the Vulkan loader finds no device: no driver is installed");
    if (ordinal >= all.size())
      throw new UnavailableException(DEVICE + ": " + ordinal + ": there are " + all.size() + "; needs 0 to " + (all.size() - 1));
    if (ordinal >= 0) {
      Candidate asked = all.get(ordinal);
      if (!asked.missing().isEmpty()) throw new UnavailableException(lack(asked));
      return asked;
    }
    Optional<Candidate> best = all.stream().filter(c -> c.missing().isEmpty()).min(Comparator.comparingInt(Candidate::rank));
    if (best.isPresent()) return best.get();
    throw new UnavailableException(String.join("; ", all.stream().map(VulkanProvider::lack).toList()));
  }

  private static String lack(Candidate candidate) {
    return candidate.name() + " has not: " + String.join(", ", candidate.missing());
  }
}

package dev.raiju.kernels.metal;

import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.BackendProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Finds the GPU of a Mac with Apple silicon. The system property `raiju.metal.library` names one library in place of the system's, which
/// has the Objective-C runtime and Metal: for tests.
public final class MetalProvider implements BackendProvider {
  private static final String LIBRARY = "raiju.metal.library";
  private static final long SHARED_BYTES = 32768;

  public MetalProvider() {}

  @Override
  public String name() { return "metal"; }

  @Override
  public Backend open() throws UnavailableException {
    String file = System.getProperty(LIBRARY, "");
    try {
      return new GpuBackend("metal", openGpu(new Messages(file.isEmpty() ? ofSystem() : ObjectiveC.of(Path.of(file)))));
    } catch (MetalException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()));
    }
  }

  private static ObjectiveC ofSystem() throws UnavailableException {
    String system = System.getProperty("os.name", "");
    String processor = System.getProperty("os.arch", "");
    if (!system.startsWith("Mac")) throw new UnavailableException("Metal is a part of macOS; this is " + system);
    if (!processor.equals("aarch64"))
      throw new UnavailableException("a Java of " + processor + "; needs Apple silicon, and a Java of aarch64");
    return ObjectiveC.ofSystem();
  }

  static MetalGpu openGpu(Messages messages) throws UnavailableException {
    try {
      Metal metal = new Metal(messages);
      List<String> missing = Stream.of(Family.values()).filter(family -> !metal.supports(family)).map(Family::gives).toList();
      if (!missing.isEmpty()) throw new UnavailableException(metal.name() + " has not: " + String.join(", ", missing));
      if (!messages.flag(Message.HAS_UNIFIED_MEMORY, metal.device()))
        throw new UnavailableException(metal.name() + " has memory of its own; needs one that it shares with the processor");
      long sharedBytes = messages.whole(Message.SHARED_BYTES, metal.device());
      if (sharedBytes < SHARED_BYTES)
        throw new UnavailableException(metal.name() + " shares " + sharedBytes + " bytes in a threadgroup; needs "
            + SHARED_BYTES);
      return new MetalGpu(metal);
    } catch (MetalException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()));
    }
  }
}

package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.emit.Emission;
import dev.raiju.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Every provider, alone and on several threads.
final class TestDevices {
  static final List<Device> ALL = all();

  private static List<Device> all() {
    List<Provider> providers = new ArrayList<>(List.of(Provider.vector(), Provider.vector(), Provider.scalar()));
    if (Emission.here().micro().isPresent()) providers.add(Provider.vector().emitted(Emission.here()));
    int[] threads = {1, 3, 2, 2};
    return IntStream.range(0, providers.size()).mapToObj(i -> Device.of(new CpuBackend(threads[i], providers.get(i)))).toList();
  }

  private TestDevices() {}
}

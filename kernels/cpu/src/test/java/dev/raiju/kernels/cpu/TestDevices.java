package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Device;
import java.util.List;

/// Every provider, alone and on several threads.
final class TestDevices {
  static final List<Device> ALL = List.of(Device.of(new CpuBackend(1, Provider.vector())), Device.of(new CpuBackend(3,
      Provider.vector())), Device.of(new CpuBackend(2, Provider.scalar())));

  private TestDevices() {}
}

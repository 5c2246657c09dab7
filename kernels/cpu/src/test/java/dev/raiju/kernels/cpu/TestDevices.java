package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.emit.Emission;
import dev.raiju.kernels.cpu.emit.Level;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Every provider, alone and on several threads.
final class TestDevices {
  static final List<Device> ALL = all();

  private static List<Device> all() {
    List<Provider> providers = new ArrayList<>(List.of(Provider.vector(), Provider.vector(), Provider.scalar()));
    for (Level level : List.of(Level.BEST, Level.AVX512, Level.AVX2)) {
      if (Emission.here(level).micro().isPresent()) providers.add(Provider.vector().emitted(level));
    }
    int[] threads = {1, 3, 2, 2, 1, 2};
    return IntStream.range(0, providers.size()).mapToObj(i -> Device.of(new CpuBackend(threads[i], providers.get(i)))).toList();
  }

  /// Wanted bits; where a provider multiplies bf16 in pairs, the bits of such products are its own, and close to them.
  ///
  /// @param narrow whether both factors are of bf16 when they are multiplied
  /// @param type of the result
  static void assertProduct(double[] wanted, double[] got, Device device, boolean narrow, DType type, String where) {
    boolean pairs = device.backend().describe().contains("avx512_bf16");
    if (narrow && pairs) {
      // another order of roundings may move a result to the next number of its type
      double ulp = switch (type) {
        case BF16 -> 0x1p-8;
        case F16 -> 0x1p-11;
        default -> 1e-6;
      };
      TestTensors.assertClose(wanted, got, ulp + 1e-6, device.backend().describe() + where);
    } else {
      TestTensors.assertSame(wanted, got, device.backend().describe() + where);
    }
  }

  private TestDevices() {}
}

package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.cuda.driver.CudaHost;
import dev.raiju.kernels.cuda.driver.DeviceAttribute;
import dev.raiju.kernels.cuda.driver.ForeignDriver;
import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.BackendProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/// Finds an NVIDIA GPU. The system property `raiju.cuda.device` says which, from 0 on; `raiju.cuda.library` names another file than
/// the system's driver, and `raiju.cuda.host` another way to call it than the foreign function interface.
public final class CudaProvider implements BackendProvider {
  private static final String DEVICE = "raiju.cuda.device";
  private static final String LIBRARY = "raiju.cuda.library";
  private static final String HOST = "raiju.cuda.host";
  private static final int OLDEST_DRIVER = 12000;
  private static final int OLDEST_CAPABILITY = 80;

  public CudaProvider() {}

  @Override
  public String name() { return "cuda"; }

  @Override
  public Backend open() throws UnavailableException {
    String file = System.getProperty(LIBRARY, "");
    return open(driver(file.isEmpty() ? Optional.empty() : Optional.of(Path.of(file))), Integer.getInteger(DEVICE, 0));
  }

  /// A driver called as the property says.
  static CudaDriver driver(Optional<Path> library) throws UnavailableException {
    try {
      String name = System.getProperty(HOST, "");
      if (!name.isEmpty()) return host(name).open(library);
      if (library.isPresent()) return ForeignDriver.of(library.get());
      return ForeignDriver.ofSystem().orElseThrow(() -> new UnavailableException(
          "no NVIDIA driver was found: there is no libcuda.so.1 (nvcuda.dll on Windows) where the system looks for libraries"));
    } catch (IllegalArgumentException e) {
      throw new UnavailableException(LIBRARY + ": cannot load " + library.map(Path::toString).orElse("the driver"));
    } catch (CudaException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()));
    }
  }

  private static CudaHost host(String name) throws UnavailableException {
    List<CudaHost> all = ServiceLoader.load(CudaHost.class).stream().map(ServiceLoader.Provider::get).toList();
    return all.stream().filter(host -> host.name().equals(name)).findFirst().orElseThrow(() -> new UnavailableException(HOST
        + ": "
        + name + ": there is " + (all.isEmpty()
            ? "none but the one without this property"
            : all.stream().map(CudaHost::name)
                .toList()) + "; jcuda needs raiju-kernels-jcuda on the class path"));
  }

  /// A device of a driver that has not been started.
  static GpuBackend open(CudaDriver driver, int ordinal) throws UnavailableException {
    try {
      driver.start();
      int version = driver.version();
      if (version < OLDEST_DRIVER)
        throw new UnavailableException("the driver is of CUDA " + version / 1000 + "." + version % 1000 / 10
            + "; needs 12.0 or newer");
      int count = driver.deviceCount();
      if (count == 0) throw new UnavailableException("the driver finds no GPU");
      if (ordinal < 0 || ordinal >= count)
        throw new UnavailableException(DEVICE + ": " + ordinal + ": there are " + count + "; needs 0 to " + (count - 1));
      int device = driver.device(ordinal);
      int capability = 10 * driver.attribute(device, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR) + driver.attribute(device,
          DeviceAttribute.COMPUTE_CAPABILITY_MINOR);
      if (capability < OLDEST_CAPABILITY)
        throw new UnavailableException(driver.deviceName(device) + " has compute capability " + capability / 10 + "." + capability
            % 10 + "; needs 8.0 or newer");
      if (driver.attribute(device, DeviceAttribute.MEMORY_POOLS) == 0)
        throw new UnavailableException(driver.deviceName(device) + " gives no memory in the order of a stream");
      return new GpuBackend("cuda", new CudaGpu(driver, device));
    } catch (CudaException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()));
    }
  }
}

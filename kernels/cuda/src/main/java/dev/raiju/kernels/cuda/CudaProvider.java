package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.cuda.driver.DeviceAttribute;
import dev.raiju.kernels.cuda.driver.ForeignDriver;
import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.BackendProvider;
import java.nio.file.Path;

/// Finds an NVIDIA GPU. The system property `raiju.cuda.device` says which, from 0 on; `raiju.cuda.library` names another file than
/// the system's driver.
public final class CudaProvider implements BackendProvider {
  private static final String DEVICE = "raiju.cuda.device";
  private static final String LIBRARY = "raiju.cuda.library";
  private static final int OLDEST_DRIVER = 12000;
  private static final int OLDEST_CAPABILITY = 80;

  public CudaProvider() {}

  @Override
  public String name() { return "cuda"; }

  @Override
  public Backend open() throws UnavailableException {
    String file = System.getProperty(LIBRARY, "");
    CudaDriver driver;
    try {
      driver = file.isEmpty()
          ? ForeignDriver.ofSystem().orElseThrow(() -> new UnavailableException(
              "no NVIDIA driver was found: there is no libcuda.so.1 (nvcuda.dll on Windows) where the system looks for libraries"))
          : ForeignDriver.of(Path.of(file));
    } catch (IllegalArgumentException e) {
      throw new UnavailableException(LIBRARY + ": cannot load " + file);
    } catch (CudaException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()));
    }
    return open(driver, Integer.getInteger(DEVICE, 0));
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

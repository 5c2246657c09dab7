package dev.raiju.kernels.cuda.driver;

import java.nio.file.Path;
import java.util.Optional;

/// A way to call the driver beside this module's own, found by [java.util.ServiceLoader].
public interface CudaHost {
  /// What the system property `raiju.cuda.host` calls it.
  String name();

  /// The driver, not started.
  ///
  /// @param library a file in place of the system's driver
  /// @throws CudaException if there is no driver, or it cannot be called this way
  CudaDriver open(Optional<Path> library);
}

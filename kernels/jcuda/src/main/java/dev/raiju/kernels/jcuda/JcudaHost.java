package dev.raiju.kernels.jcuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.cuda.driver.CudaHost;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.Optional;

/// Calls the driver through jcuda 12.6: `-Draiju.cuda.host=jcuda`.
public final class JcudaHost implements CudaHost {
  // what the driver says where there is none
  private static final int NOT_FOUND = 500;

  /// For the service loader.
  public JcudaHost() {}

  @Override
  public String name() { return "jcuda"; }

  @Override
  public CudaDriver open(Optional<Path> library) {
    // jcuda's native part asks for libcuda.so.1, and gets what is loaded under that name
    library.ifPresent(file -> SymbolLookup.libraryLookup(file, Arena.global()));
    try {
      return new JcudaDriver();
    } catch (LinkageError e) {
      // the second time the class of jcuda is said to be missing
      throw new CudaException("jcuda", NOT_FOUND, String.valueOf(e.getMessage()).lines().findFirst().orElse(
          "no native library"));
    }
  }
}

package dev.raiju.kernels.cuda.driver;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/// The functions of a driver library, by name. They live as long as the process: a driver is never unloaded.
final class DriverLibrary {
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  /// A size, a handle or an address on the device.
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  static final AddressLayout POINTER = ValueLayout.ADDRESS;

  private final Linker linker = Linker.nativeLinker();
  private final SymbolLookup symbols;
  private final String name;

  private DriverLibrary(SymbolLookup symbols, String name) {
    this.symbols = symbols;
    this.name = name;
  }

  /// The library of the system's driver, if there is one.
  static Optional<DriverLibrary> ofSystem() {
    boolean isWindows = System.getProperty("os.name", "").startsWith("Windows");
    return open(isWindows ? "nvcuda.dll" : "libcuda.so.1");
  }

  private static Optional<DriverLibrary> open(String name) {
    try {
      return Optional.of(new DriverLibrary(SymbolLookup.libraryLookup(name, Arena.global()), name));
    } catch (IllegalArgumentException e) {
      // how the lookup says that there is no such library
      return Optional.empty();
    }
  }

  /// @throws IllegalArgumentException if it cannot be loaded
  static DriverLibrary of(Path file) {
    return new DriverLibrary(SymbolLookup.libraryLookup(file, Arena.global()), file.getFileName().toString());
  }

  String name() { return name; }

  /// A function that returns a result code.
  ///
  /// @throws CudaException if the driver has none of this name
  MethodHandle function(String function, MemoryLayout... parameters) {
    MemorySegment address = symbols.find(function).orElseThrow(() -> new CudaException(function, 500, name
        + " has no such function; needs a driver of CUDA 12 or newer"));
    return linker.downcallHandle(address, FunctionDescriptor.of(INT, parameters));
  }
}

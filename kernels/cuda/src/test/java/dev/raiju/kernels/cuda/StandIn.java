package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The stand-in driver with the kernels in it, compiled by the C++ compiler of this machine: once for each state of the sources.
final class StandIn {
  private static final Path MODULE = Path.of(System.getProperty("raiju.root")).resolve("kernels/cuda");
  static final Path SOURCES = MODULE.resolve("src/main/cuda");
  private static final Path NATIVE = MODULE.resolve("src/test/native");
  private static final Path FIBERS = MODULE.resolveSibling("gpu/src/test/native");
  // jcuda asks for the system's driver by its name, and gets what is loaded under that; the foreign function interface has its file
  private static final String SONAME = "-Wl,-soname," + (System.getProperty("raiju.cuda.host", "").isEmpty()
      ? "libstandin.so"
      : "libcuda.so.1");
  private static final Optional<Path> LIBRARY = compile();

  private StandIn() {}

  /// The file of the library; the test that asks is skipped where there is no compiler.
  static Path library() {
    Assumptions.assumeTrue(LIBRARY.isPresent(), "no c++ on this machine: the CUDA kernels cannot be run on the CPU");
    return LIBRARY.orElseThrow();
  }

  /// The driver, called as the property `raiju.cuda.host` says.
  static CudaDriver driver() {
    try {
      return CudaProvider.driver(Optional.of(library()));
    } catch (UnavailableException e) {
      throw new AssertionError(e);
    }
  }

  static GpuBackend backend() {
    try {
      return CudaProvider.open(driver(), 0);
    } catch (UnavailableException e) {
      throw new AssertionError(e);
    }
  }

  static List<Path> sources() {
    try (Stream<Path> files = Stream.of(SOURCES, NATIVE, FIBERS).flatMap(StandIn::list)) {
      return files.sorted().toList();
    }
  }

  private static Stream<Path> list(Path folder) {
    try {
      return Files.list(folder);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Optional<Path> compile() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path source : sources()) digest.update(Files.readAllBytes(source));
      digest.update(SONAME.getBytes());
      String hash = HexFormat.of().formatHex(digest.digest()).substring(0, 16);
      Path library = MODULE.resolve("target/stand-in-" + hash + ".so");
      if (Files.exists(library)) return Optional.of(library);
      Files.createDirectories(library.getParent());
      Path fresh = Files.createTempFile(library.getParent(), "stand-in", ".so");
      Process compiler = new ProcessBuilder("c++", "-std=c++17", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", SONAME, "-I"
          + SOURCES,
          "-I" + NATIVE, "-I" + FIBERS, NATIVE.resolve("standin.cpp").toString(), "-o", fresh.toString()).redirectErrorStream(
              true).start();
      String said = new String(compiler.getInputStream().readAllBytes());
      if (!compiler.waitFor(1, TimeUnit.MINUTES) || compiler.exitValue() != 0) throw new AssertionError("stand-in: " + said);
      Files.move(fresh, library);
      return Optional.of(library);
    } catch (IOException e) {
      // there is no such program
      return Optional.empty();
    } catch (InterruptedException | java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /// One of the stand-in's own functions, with a number.
  static int tell(String function, int number) {
    try {
      var symbol = SymbolLookup.libraryLookup(library(), Arena.global()).find(function).orElseThrow();
      return (int) Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
          .invokeExact(number);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// The places with barriers and waits that were passed so far.
  static List<String> sites() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(1 << 16);
      var symbol = SymbolLookup.libraryLookup(library(), Arena.global()).find("standInSites").orElseThrow();
      int unused = (int) Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT)).invokeExact(text, 1 << 16);
      return text.getString(0).lines().map(line -> line.substring(0, line.lastIndexOf(' '))).toList();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// Switches a barrier or wait off or on.
  static void site(String name, boolean off) {
    try (Arena arena = Arena.ofConfined()) {
      var symbol = SymbolLookup.libraryLookup(library(), Arena.global()).find("standInSwitchSite").orElseThrow();
      int code = (int) Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT)).invokeExact(arena.allocateFrom(name), off ? 1 : 0);
      if (code != 0) throw new AssertionError("stand-in: no such place: " + name);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}

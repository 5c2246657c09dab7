package dev.raiju.kernels.metal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.raiju.kernels.gpu.GpuBackend;
import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The stand-in for Metal, compiled on this machine once for each state of its sources: the classes by gcc's Objective-C, the kernels'
/// text by clang when a library is made of it.
final class StandIn {
  private static final Path MODULE = Path.of(System.getProperty("raiju.root")).resolve("kernels/metal");
  private static final Path NATIVE = MODULE.resolve("src/test/native");
  private static final Path FIBERS = MODULE.resolveSibling("gpu/src/test/native");
  private static final String CLANG = "clang-19";
  private static final Optional<Path> LIBRARY = compile();

  private StandIn() {}

  /// The file of the library; the test that asks is skipped where its compilers are missing.
  static Path library() {
    Assumptions.assumeTrue(LIBRARY.isPresent(), "no gobjc, c++ or " + CLANG
        + " on this machine: Metal's host and kernels cannot be run on the processor");
    return LIBRARY.orElseThrow();
  }

  static ObjectiveC runtime() { return ObjectiveC.of(library()); }

  static MetalGpu gpu() {
    try {
      return MetalProvider.openGpu(new Messages(runtime()));
    } catch (UnavailableException e) {
      throw new AssertionError(e);
    }
  }

  static GpuBackend backend() { return new GpuBackend("metal", gpu()); }

  private static List<Path> sources() throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path folder : List.of(NATIVE, FIBERS)) {
      try (Stream<Path> files = Files.list(folder)) {
        all.addAll(files.sorted().toList());
      }
    }
    return all;
  }

  private static Optional<Path> compile() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path source : sources()) digest.update(Files.readAllBytes(source));
      String hash = HexFormat.of().formatHex(digest.digest()).substring(0, 16);
      Path folder = Files.createDirectories(MODULE.resolve("target/stand-in-" + hash));
      Path library = folder.resolve("metal.so");
      return Files.exists(library) || compile(folder, library) ? Optional.of(library) : Optional.empty();
    } catch (IOException | InterruptedException | java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean compile(Path folder, Path library) throws IOException, InterruptedException {
    if (!runs("gcc", "-x", "objective-c", "-fsyntax-only", "/dev/null") || !runs(CLANG, "--version") || !runs("c++", "--version"))
      return false;
    Path classes = Files.createTempFile(folder, "classes", ".o");
    Path fresh = Files.createTempFile(folder, "metal", ".so");
    run("gcc", "-x", "objective-c", "-std=gnu11", "-Wall", "-Werror", "-O1", "-fPIC", "-c", "" + NATIVE.resolve("device.m"), "-o",
        ""
            + classes);
    run("c++", "-std=c++17", "-O2", "-shared", "-fPIC", "-DMSL_COMPILER=\"" + CLANG + "\"", "-DMSL_HEADERS=\"" + NATIVE + "\"",
        "-I" + FIBERS, "" + NATIVE.resolve("library.cpp"), "" + FIBERS.resolve(
            "fibers.cpp"), "" + classes, "-lobjc", "-ldl", "-o", "" + fresh);
    Files.move(fresh, library);
    Files.delete(classes);
    return true;
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
      return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
    } catch (IOException e) {
      // there is no such program
      return false;
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) throw new AssertionError("stand-in: " + said);
  }

  private static MethodHandle function(Path library, String name, FunctionDescriptor descriptor) {
    var symbol = SymbolLookup.libraryLookup(library, Arena.global()).find(name).orElseThrow();
    return Linker.nativeLinker().downcallHandle(symbol, descriptor);
  }

  /// One of the stand-in's own functions, with numbers.
  static void tell(String name, long... numbers) {
    try {
      var parameters = new ValueLayout[numbers.length];
      java.util.Arrays.fill(parameters, ValueLayout.JAVA_LONG);
      function(library(), name, FunctionDescriptor.ofVoid(parameters)).invokeWithArguments(java.util.Arrays.stream(numbers)
          .boxed()
          .toList());
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> lines(String name) {
    try (Arena arena = Arena.ofConfined()) {
      int room = 1 << 17;
      MemorySegment text = arena.allocate(room);
      int unused = (int) function(library(), name, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT)).invokeExact(text, room);
      return text.getString(0).lines().toList();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// The mistakes of the host that were noted since they were last forgotten.
  static List<String> complaints() { return lines("standInComplaints"); }

  static void forget() { tell("standInForget"); }

  /// Takes everything away that lives, as the end of the process would.
  static void end() {
    forget();
    tell("standInEnd");
  }

  /// Fails if the host made a mistake.
  static void wasUsedRightly() {
    if (LIBRARY.isPresent()) assertEquals(List.of(), complaints());
  }

  /// How many objects live.
  static int objects() {
    try {
      return (int) function(library(), "standInObjects", FunctionDescriptor.of(ValueLayout.JAVA_INT)).invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// The places with barriers, and how often each was passed.
  static Map<String, Long> reached() {
    Map<String, Long> all = new TreeMap<>();
    for (String line : lines("standInSites")) {
      int space = line.lastIndexOf(' ');
      all.put(line.substring(0, space), Long.valueOf(line.substring(space + 1)));
    }
    return all;
  }

  /// The names of the files with kernels, and of what they share.
  static List<String> kernelFiles() {
    try (Stream<Path> files = Files.list(MODULE.resolve("src/main/resources/dev/raiju/kernels/metal"))) {
      return files.map(file -> file.getFileName().toString().replace(".metal", "")).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// Switches a barrier off or on.
  static void site(String name, boolean off) {
    try (Arena arena = Arena.ofConfined()) {
      int code = (int) function(library(), "standInSwitchSite", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT)).invokeExact(arena.allocateFrom(name), off ? 1 : 0);
      if (code != 0) throw new AssertionError("stand-in: no such place: " + name);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}

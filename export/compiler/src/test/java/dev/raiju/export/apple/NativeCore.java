package dev.raiju.export.apple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Assumptions;

/// The core of a package, compiled from the package's own folder and linked to the stand-in for Metal: its Objective-C by clang for
/// gcc's runtime, its C by gcc, which finds what reads or writes where it must not.
///
/// @param program runs it as an app would
record NativeCore(Path program) {
  private static final Path ROOT = Path.of(System.getProperty("raiju.root"));
  private static final Path NATIVE = ROOT.resolve("export/compiler/src/test/native");
  private static final Path METAL = ROOT.resolve("kernels/metal/src/test/native");
  private static final Path FIBERS = ROOT.resolve("kernels/gpu/src/test/native");
  private static final String CLANG = "clang-19";
  private static final List<String> CHECKED = List.of("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined");

  /// @param core the folder `Sources/RaijuCore` of a package
  /// @param work for what is compiled
  static NativeCore compile(Path core, Path work) throws IOException {
    Assumptions.assumeTrue(runs("gcc", "-x", "objective-c", "-fsyntax-only", "/dev/null") && runs(CLANG, "--version") && runs(
        "c++",
        "--version"), "no gobjc, c++ or " + CLANG + " on this machine: the core of a package cannot be run on the processor");
    Path standIn = standIn();
    List<String> link = new ArrayList<>(List.of("gcc"));
    link.addAll(CHECKED);
    for (Path source : sources(core, NATIVE)) {
      Path object = work.resolve(source.getFileName() + ".o");
      List<String> command = new ArrayList<>();
      if (source.toString().endsWith(".c")) {
        command.addAll(List.of("gcc", "-std=gnu11", "-Wextra"));
        command.addAll(CHECKED);
      } else {
        command.addAll(List.of(CLANG, "-x", "objective-c", "-std=gnu11", "-fobjc-runtime=gcc", "-I" + NATIVE.resolve("include"),
            "-I"
                + METAL, "-I" + said("gcc", "-print-file-name=include")));
      }
      command.addAll(List.of("-O1", "-g", "-D_GNU_SOURCE", "-Wall", "-Werror", "-I" + core, "-I" + core.resolve("include"), "-c",
          ""
              + source, "-o", "" + object));
      run(command);
      link.add("" + object);
    }
    Path program = work.resolve("play");
    link.addAll(List.of("" + standIn, "-lobjc", "-lm", "-o", "" + program));
    run(link);
    return new NativeCore(program);
  }

  /// Whether the parts in Objective-C are also right with automatic reference counting, as a compiler for Apple's runtime sees them.
  static void checkAutomatic(Path core) throws IOException {
    for (Path source : sources(core)) {
      if (source.toString().endsWith(".m"))
        run(List.of(CLANG, "-x", "objective-c", "-std=gnu11", "-fobjc-runtime=macosx-11", "-fobjc-arc", "-Wall", "-Wextra",
            "-Werror",
            "-fsyntax-only", "-I" + NATIVE.resolve("automatic"), "-I" + NATIVE.resolve("include"), "-I" + METAL, "" + source));
    }
  }

  /// The library, which keeps beside it the kernels that it compiled: made once for each state of its sources.
  private static Path standIn() throws IOException {
    Path folder = Files.createDirectories(ROOT.resolve("export/compiler/target/stand-in-" + digest()));
    Path library = folder.resolve("metal.so");
    if (Files.exists(library)) return library;
    Path classes = Files.createTempFile(folder, "classes", ".o");
    Path fresh = Files.createTempFile(folder, "metal", ".so");
    run(List.of("gcc", "-x", "objective-c", "-std=gnu11", "-O1", "-fPIC", "-c", "" + METAL.resolve("device.m"), "-o", ""
        + classes));
    run(List.of("c++", "-std=c++17", "-O1", "-shared", "-fPIC", "-DMSL_COMPILER=\"" + CLANG + "\"", "-DMSL_HEADERS=\"" + METAL
        + "\"",
        "-I" + FIBERS, "" + METAL.resolve("library.cpp"), "" + FIBERS.resolve("fibers.cpp"), "" + classes, "-lobjc", "-ldl", "-o",
        ""
            + fresh));
    Files.move(fresh, library);
    Files.delete(classes);
    return library;
  }

  private static String digest() throws IOException {
    CRC32C sum = new CRC32C();
    for (Path place : List.of(METAL, FIBERS)) {
      try (Stream<Path> files = Files.list(place)) {
        for (Path file : files.sorted().toList()) sum.update(Files.readAllBytes(file));
      }
    }
    return Long.toHexString(sum.getValue());
  }

  private static List<Path> sources(Path... folders) throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(file -> file.toString().endsWith(".c") || file.toString().endsWith(".m")).sorted().forEach(all::add);
      }
    }
    return all;
  }

  /// The lines that the program says.
  List<String> play(Path model, Object... arguments) throws IOException { return playGiven("", model, arguments); }

  /// The same, with something to read.
  List<String> playGiven(String input, Path model, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("" + program, "" + model));
    Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
    Path work = program.resolveSibling("run");
    Files.createDirectories(work);
    Path said = Files.createTempFile(work, "said", ".txt");
    Path given = Files.writeString(Files.createTempFile(work, "given", ".txt"), input);
    Path known = Files.writeString(work.resolve("known.txt"), "leak:libobjc\n");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).redirectInput(
        given
            .toFile());
    // the runtime keeps its tables to the end
    builder.environment().put("LSAN_OPTIONS", "print_suppressions=0:suppressions=" + known);
    int code = exit(builder.start());
    String all = new String(Files.readAllBytes(said), StandardCharsets.UTF_8);
    if (code != 0) throw new AssertionError("play: " + code + ": " + all);
    return all.lines().toList();
  }

  private static int exit(Process process) {
    try {
      if (process.waitFor(10, TimeUnit.MINUTES)) return process.exitValue();
      process.destroyForcibly();
      return -1;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean runs(String... command) {
    try {
      return exit(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()) == 0;
    } catch (IOException e) {
      // there is no such program
      return false;
    }
  }

  private static String said(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (exit(process) != 0) throw new AssertionError(String.join(" ", command) + ": " + said);
    return said.strip();
  }

  private static void run(List<String> command) throws IOException { said(command.toArray(String[]::new)); }
}

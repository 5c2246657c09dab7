package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The PTX that ships is that of the sources.
class PtxTest {
  private static List<String> names() throws Exception {
    try (Stream<Path> files = Files.list(StandIn.SOURCES)) {
      return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".cu")).map(name -> name.substring(0,
          name
              .length() - 3)).sorted().toList();
    }
  }

  private static String shipped(String name) throws Exception {
    try (InputStream in = CudaProvider.class.getResourceAsStream(name + ".ptx")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void everySourceHasItsPtx() throws Exception {
    assertTrue(names().size() >= 14);
    for (String name : names()) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(Files.readAllBytes(StandIn.SOURCES.resolve("device.cuh")));
      digest.update(Files.readAllBytes(StandIn.SOURCES.resolve(name + ".cu")));
      String first = shipped(name).lines().findFirst().orElseThrow();
      assertEquals("// made by kernels/cuda/compile; sources " + HexFormat.of().formatHex(digest.digest()), first, name
          + ": run kernels/cuda/compile");
    }
  }

  /// Where the compiler that made it is at hand, it is made again: nobody changed the text by hand, and the sources are enough.
  @Test
  void theCompilerMakesTheSame(@TempDir Path fresh) throws Exception {
    Optional<String> version = output("nvcc", "--version");
    Assumptions.assumeTrue(version.isPresent(), "no nvcc on this machine: the PTX cannot be made again");
    String made = shipped("moves").lines().skip(1).findFirst().orElseThrow();
    String number = made.substring(made.lastIndexOf(' ') + 1);
    Assumptions.assumeTrue(version.get().contains("V" + number), "nvcc here is not " + number + ": it would write other PTX");
    ProcessBuilder compile = new ProcessBuilder(StandIn.SOURCES.resolve("../../../compile").toString()).redirectErrorStream(true);
    compile.environment().put("TO", fresh.toString());
    Process process = compile.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    for (String name : names())
      assertEquals(shipped(name), Files.readString(fresh.resolve(name + ".ptx")), name
          + ": run kernels/cuda/compile");
  }

  private static Optional<String> output(String... command) throws Exception {
    try {
      return Optional.of(new String(new ProcessBuilder(command).start().getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      // how a process builder says that there is no such program
      return Optional.empty();
    }
  }

  @Test
  void driversOfCuda12LoadIt() throws Exception {
    for (String name : names()) {
      String text = shipped(name);
      assertTrue(text.contains("\n.version 7.0\n"), name);
      assertTrue(text.contains("\n.target sm_80\n"), name);
    }
  }

  /// What the host launches by name, the sources declare, and the other way round.
  @Test
  void everyKernelIsLaunchedBySomebody() throws Exception {
    Set<String> entries = new TreeSet<>();
    for (String name : names()) {
      var entry = Pattern.compile("\\.entry (\\w+)\\(").matcher(shipped(name));
      while (entry.find()) entries.add(entry.group(1).replaceAll("(_(f32|f16|bf16|64|128))+$", ""));
    }
    StringBuilder host = new StringBuilder();
    try (Stream<Path> files = Files.list(StandIn.SOURCES.resolve("../../../../gpu/src/main/java/dev/raiju/kernels/gpu"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) host.append(Files.readString(file));
    }
    List<String> idle = entries.stream().filter(entry -> !host.toString().contains("\"" + entry)).toList();
    assertEquals(List.of(), idle);
  }
}

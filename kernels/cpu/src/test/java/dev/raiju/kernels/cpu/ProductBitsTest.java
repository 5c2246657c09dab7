package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.emit.Emission;
import dev.raiju.kernels.cpu.emit.Level;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Products have the same bits on any number of threads, at any vector width, and without the vector module.
final class ProductBitsTest {
  private static final Map<String, Long> WANTED = ProductBattery.checksums(Device.of(new CpuBackend(1, Provider.scalar())));

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void onAnyNumberOfThreads(int threads) {
    assertEquals(WANTED, ProductBattery.checksums(Device.of(new CpuBackend(threads, Provider.vector()))));
  }

  /// Every level has the bits of plain Java, but for pairs of bf16, which are rounded in the processor's way.
  @ParameterizedTest
  @EnumSource(names = {"BEST", "AVX512", "AVX2"})
  void byEmittedCode(Level level) {
    Emission emission = Emission.here(level);
    assumeTrue(emission.micro().isPresent(), "cannot run here: " + emission.problem());
    boolean pairs = emission.features().bf16();
    Map<String, Long> alone = emitted(Provider.vector(), level, 1);
    WANTED.forEach((name, sum) -> {
      if (!pairs || !name.startsWith("bf16")) assertEquals(sum, alone.get(name), name);
    });
    assertEquals(alone, emitted(Provider.scalar(), level, 2));
    assertEquals(alone, emitted(Provider.vector(), level, 7));
  }

  private static Map<String, Long> emitted(Provider loops, Level level, int threads) {
    return ProductBattery.checksums(Device.of(new CpuBackend(threads, loops.emitted(level))));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 64})
  void atAnyVectorWidth(int bytes) throws IOException, InterruptedException {
    List<String> out = run("--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=" + bytes, "-Draiju.cpu.provider=vector");
    assertEquals(WANTED, checksums(out));
    assertTrue(out.getFirst().startsWith("vector"), out.getFirst());
  }

  @Test
  void withoutTheVectorModule() throws IOException, InterruptedException {
    List<String> out = run("-Draiju.cpu.provider=scalar");
    assertEquals(WANTED, checksums(out));
    assertTrue(out.getFirst().startsWith("scalar"), out.getFirst());
  }

  private static Map<String, Long> checksums(List<String> out) {
    return out.stream().skip(1).collect(Collectors.toMap(line -> line.split("=")[0], line -> Long.valueOf(line.split("=")[1])));
  }

  /// Runs the battery on the class path under some flags.
  private static List<String> run(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(List.of("-Xmx512m", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of(flags));
    // tests are patched into the module, whose classes are elsewhere
    String tests = Path.of("target", "test-classes").toString();
    String classes = String.join(File.pathSeparator, tests, place(CpuBackend.class), place(Tensor.class));
    command.addAll(List.of("-cp", classes, ProductBattery.class.getName(), "2"));
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    List<String> out = process.inputReader().lines().toList();
    assertEquals(0, process.waitFor(), () -> String.join("\n", out));
    return out;
  }

  private static String place(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath()).toString();
  }
}

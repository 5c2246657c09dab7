package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Results have the same bits on any number of threads, at any vector width, and without the vector module.
final class SameBitsTest {
  private static final Map<String, Long> WANT = Battery.checksums(Device.of(new CpuBackend(1, Provider.scalar())));

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void onAnyNumberOfThreads(int threads) {
    assertEquals(WANT, Battery.checksums(Device.of(new CpuBackend(threads, Provider.vector()))));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 64})
  void atAnyVectorWidth(int bytes) throws IOException, InterruptedException {
    Run run = Run.of("--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=" + bytes);
    assertEquals(WANT, run.checksums());
    int lanes = Integer.parseInt(run.out().getFirst().replaceAll("vector loops, (\\d+) lanes.*", "$1"));
    assertTrue(lanes <= bytes / 4, run.out().getFirst());
  }

  @Test
  void withoutTheVectorModule() throws IOException, InterruptedException {
    Run run = Run.of();
    assertEquals(WANT, run.checksums());
    assertTrue(run.out().getFirst().matches("scalar loops,.* 2 threads"), run.out().getFirst());
    List<String> warnings = run.err().stream().filter(line -> line.contains("--add-modules jdk.incubator.vector")).toList();
    assertEquals(1, warnings.size(), () -> String.join("\n", run.err()));
  }

  /// What a program on the class path printed.
  private record Run(List<String> out, List<String> err) {
    /// Runs the battery under some flags. Compilation begins early, so that compiled loops are what is tested.
    static Run of(String... flags) throws IOException, InterruptedException {
      List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
      command.addAll(List.of("-XX:CompileThresholdScaling=0.1", "-Xmx512m", "--enable-native-access=ALL-UNNAMED",
          "-Draiju.cpu.provider=best"));
      command.addAll(List.of(flags));
      command.addAll(List.of("-cp", String.join(java.io.File.pathSeparator, "target/test-classes", place(CpuBackend.class), place(
          Tensor.class)), Battery.class.getName(), "2"));
      Path err = Path.of("target", "battery" + String.join("", flags).replaceAll("\\W+", "-") + ".txt");
      Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
      List<String> out = process.inputReader().lines().toList();
      List<String> errors = java.nio.file.Files.readAllLines(err);
      assertEquals(0, process.waitFor(), () -> String.join("\n", errors));
      return new Run(out, errors);
    }

    private static String place(Class<?> type) {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
          .toString();
    }

    Map<String, Long> checksums() {
      return out.stream().skip(1).collect(Collectors.toMap(line -> line.split("=")[0], line -> Long.valueOf(line.split("=")[1])));
    }
  }
}

package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.conformance.Fingerprints;
import dev.raiju.kernels.cpu.emit.Emission;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every row of the table conforms to the reference, results and gradients, in plain Java, at each vector width, and with emitted
/// products where they can be; the exact ones and those of f32 have the same bits. Each machine has another number of threads,
/// which also share the large cases of the benchmarks.
final class ConformanceBitsTest {
  private static final int SAMPLES = 6;

  private static Map<String, String> wanted = Map.of();

  private static Map<String, String> run(List<String> printed, String... options) throws IOException, InterruptedException {
    Map<String, String> sums = Fingerprints.fork(List.of(options), "cpu", SAMPLES, true, line -> {
      if (line.startsWith("conformance: ")) printed.add(line);
    });
    printed.forEach(System.out::println);
    return sums;
  }

  @BeforeAll
  static void inPlainJava() throws IOException, InterruptedException {
    wanted = run(new ArrayList<>(), "-Draiju.cpu.provider=scalar", "-Draiju.cpu.threads=1");
  }

  @Test
  void mostRowsHaveSumsToCompare() {
    assertTrue(wanted.size() > 2500, "only " + wanted.size());
    assertTrue(wanted.keySet().stream().filter(name -> name.endsWith("|benchmark")).count() > 100, wanted.keySet()::toString);
  }

  @ParameterizedTest
  @CsvSource({"16, 7, vector", "32, 2, vector", "64, 3, best"})
  void atAnyVectorWidthOnAnyNumberOfThreads(int bytes, int threads, String provider) throws IOException, InterruptedException {
    List<String> printed = new ArrayList<>();
    Map<String, String> sums = run(printed, "--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=" + bytes,
        "-Draiju.cpu.threads=" + threads, "-Draiju.cpu.provider=" + (provider.equals("best") ? "" : provider));
    assertEquals(List.of(), Fingerprints.differences(wanted, sums));
    int lanes = Integer.parseInt(printed.getFirst().replaceAll(".*vector loops, (\\d+) lanes.*", "$1"));
    assertEquals(provider.equals("best") && Emission.here().micro().isPresent(), printed.getFirst().contains("emitted products"));
    assertTrue(lanes <= bytes / 4 && printed.getFirst().contains(threads + " threads"), printed.getFirst());
  }
}

package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raiju.kernels.cpu.emit.Emission;
import dev.raiju.kernels.cpu.vector.VectorLoops;
import dev.raiju.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProviderTest {
  private static final String PROPERTY = "raiju.cpu.provider";

  @AfterEach
  void forget() { System.clearProperty(PROPERTY); }

  @Test
  void takesVectorsAndEmittedProductsWhereTheyCanBe() {
    Provider best = Provider.choose();
    assertEquals("vector", best.loops().provider());
    assertEquals(Emission.here().micro().isPresent() ? "emitted" : "vector", best.micro().provider());
  }

  @Test
  void takesEmittedProductsIfAsked() {
    assumeTrue(Emission.here().micro().isPresent(), "no code can be emitted here: " + Emission.here().problem());
    System.setProperty(PROPERTY, "emitted");
    String features = Emission.here().features().toString();
    assertEquals("vector loops, " + Provider.vector().loops().lanes() + " lanes of f32, emitted products for " + features
        + ", 2 threads", new CpuBackend(2).describe());
  }

  @ParameterizedTest
  @CsvSource({"avx2, avx2 fma", "avx512, avx2 fma avx512",
    "avx512-bf16, avx2 fma avx512 avx512_bf16 avx512_vnni"})
  void takesTheLevelThatIsAsked(String level, String features) {
    String here = Emission.here().features().toString();
    assumeTrue(here.equals("avx2 fma avx512 avx512_bf16 avx512_vnni"), "needs a processor with all of it, this one has " + here);
    System.setProperty(PROPERTY, level);
    assertEquals("vector loops, " + Provider.vector().loops().lanes() + " lanes of f32, emitted products for " + features
        + ", 1 threads", new CpuBackend(1).describe());
  }

  private static Emission impossible(boolean surprising) {
    return new Emission(Emission.here().features(), Optional.empty(), "the system says no", surprising);
  }

  @Test
  void refusesEmittedProductsWhereTheyCannotBe() {
    var e = assertThrows(IllegalArgumentException.class, () -> Provider.vector().emitted(impossible(true)));
    assertEquals("raiju.cpu.provider: emitted: the system says no", e.getMessage());
  }

  @Test
  void goesOnWithoutEmittedProductsAndSaysSoOnceIfThatIsSurprising() {
    PrintStream before = System.err;
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    System.setErr(new PrintStream(heard, true, StandardCharsets.UTF_8));
    try {
      Provider.vector().best(impossible(false));
      assertEquals("", heard.toString(StandardCharsets.UTF_8));
      assertEquals("vector", Provider.vector().best(impossible(true)).micro().provider());
      Provider.vector().best(impossible(true));
    } finally {
      System.setErr(before);
    }
    assertEquals(List.of("raiju: cpu: vector products, since no code can be emitted: the system says no"), heard.toString(
        StandardCharsets.UTF_8).lines().toList());
  }

  /// A virtual machine that was not allowed to call native code.
  @Test
  void refusesEmittedProductsWithoutNativeAccess() throws IOException, InterruptedException {
    assumeTrue(Emission.here().features().avx512(), "no AVX-512 here");
    String classes = String.join(File.pathSeparator, "target/test-classes", place(CpuBackend.class), place(Tensor.class));
    Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Draiju.cpu.provider=emitted", "-cp", classes, ProductBattery.class.getName(), "1").redirectErrorStream(true).start();
    List<String> out = process.inputReader().lines().toList();
    assertEquals(1, process.waitFor());
    assertTrue(out.stream().anyMatch(line -> line.endsWith(
        "raiju.cpu.provider: emitted: native access is not enabled; start java "
            + "with --enable-native-access=ALL-UNNAMED")), () -> String.join("\n", out));
  }

  private static String place(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath()).toString();
  }

  @Test
  void takesWhatThePropertyNames() {
    System.setProperty(PROPERTY, "scalar");
    assertTrue(new CpuBackend(3).describe().startsWith("scalar loops, 3 threads"));
    System.setProperty(PROPERTY, "best");
    assertEquals(VectorLoops.class, Provider.choose().loops().getClass());
    System.clearProperty(PROPERTY);
    assertEquals(StartingLoops.class, Provider.choose().loops().getClass());
    System.setProperty(PROPERTY, "vector");
    assertTrue(new CpuBackend(1).describe().startsWith("vector loops"));
  }

  @Test
  void refusesAnUnknownProvider() {
    System.setProperty(PROPERTY, "gpu");
    var e = assertThrows(IllegalArgumentException.class, () -> new CpuBackend(1));
    assertEquals("raiju.cpu.provider: no such provider: gpu; needs best, emitted, avx512-bf16, avx512, avx2, vector or scalar", e
        .getMessage());
  }
}

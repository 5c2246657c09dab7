package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The Vulkan backend as users of the command meet it.
class VulkanCommandTest {
  private static final Path GOLDENS = Path.of(System.getProperty("raiju.root")).resolve("models/src/test/resources/golden");

  @TempDir
  private Path folder;

  private static String doctorsLine() {
    return Shell.raiju("doctor").lines().stream().filter(line -> line.startsWith("vulkan ")).findFirst().orElseThrow();
  }

  private static void needsVulkan() {
    String line = doctorsLine();
    Assumptions.assumeTrue(!line.contains("not available: "), line);
  }

  @Test
  void doctorSaysWhatWasFoundOrWhyNot() {
    String line = doctorsLine();
    if (line.contains(", Vulkan 1.")) return;
    assertTrue(line.contains("not available: "), line);
    Outcome refused = Shell.raiju("verify", "README.md", "--backend", "vulkan");
    assertTrue(refused.status() != 0 && refused.err().contains("device: vulkan cannot be used here: "), refused.err());
  }

  @Test
  void goldensPass() {
    needsVulkan();
    Outcome outcome = Shell.raiju("verify", GOLDENS.resolve("rope.safetensors"), GOLDENS.resolve("umt5.safetensors"), "--backend",
        "vulkan");
    assertEquals(0, outcome.status(), outcome.err());
    assertEquals("2 passed, 0 failed, 0 not checked, on vulkan", outcome.lines().getLast());
  }

  @Test
  void aClipIsThatOfTheCpu() throws Exception {
    needsVulkan();
    Path model = TinyModel.write(folder.resolve("model"), TinyModel.FEW_STEP);
    for (String backend : List.of("cpu", "vulkan")) {
      Outcome made = Shell.raiju("generate", "a red circle moves right", "--model", model, "--seed", 7, "--frames", folder
          .resolve(
              backend), "--backend", backend);
      assertEquals(0, made.status(), made::err);
    }
    assertAlike(folder.resolve("cpu"), folder.resolve("vulkan"));
  }

  /// The shipped model, planned for the CPU, with weights in blocks of 4 bits.
  @Test
  void aBundlePlaysAsOnTheCpu() throws Exception {
    needsVulkan();
    Path bundle = folder.resolve("bundle");
    Outcome exported = Shell.raiju("export", "--out", bundle, "--dtype", "int4", "--size", "32x32", "--length", 5);
    assertEquals(0, exported.status(), exported::err);
    for (String backend : List.of("cpu", "vulkan")) {
      Outcome made = Shell.raiju("play", bundle, "a red circle moves right", "--seed", 7, "--frames", folder.resolve(backend),
          "--backend", backend);
      assertEquals(0, made.status(), made::err);
    }
    assertAlike(folder.resolve("cpu"), folder.resolve("vulkan"));
  }

  private static void assertAlike(Path wanted, Path found) throws IOException {
    List<Path> frames;
    try (Stream<Path> files = Files.list(wanted)) {
      frames = files.filter(file -> file.toString().endsWith(".png")).toList();
    }
    assertEquals(5, frames.size());
    for (Path frame : frames) {
      BufferedImage expected = ImageIO.read(frame.toFile());
      BufferedImage got = ImageIO.read(found.resolve(frame.getFileName()).toFile());
      for (int y = 0; y < expected.getHeight(); y++) {
        for (int x = 0; x < expected.getWidth(); x++) {
          for (int shift = 0; shift < 24; shift += 8) {
            int difference = (expected.getRGB(x, y) >> shift & 255) - (got.getRGB(x, y) >> shift & 255);
            // sums run in another order, which may move a value over the edge between two steps
            assertTrue(Math.abs(difference) <= 1, frame + ": " + x + ", " + y + ": " + difference);
          }
        }
      }
    }
  }

  @Test
  void autoIsTheBestThereIs() {
    Outcome outcome = Shell.raiju("verify", GOLDENS.resolve("rope.safetensors"), "--backend", "auto");
    assertEquals("1 passed, 0 failed, 0 not checked, on cpu", outcome.lines().getLast());
    Outcome wrong = Shell.raiju("verify", GOLDENS.resolve("rope.safetensors"), "--backends", "cpu");
    assertTrue(wrong.err().contains("no such option: --backends"), wrong.err());
  }
}

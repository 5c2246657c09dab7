package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportModelTest {
  @TempDir
  private static Path folder;
  private static Path model;

  @BeforeAll
  static void writeModel() throws IOException { model = TinyModel.write(folder.resolve("few"), TinyModel.FEW_STEP); }

  @Test
  void writesABundle() throws IOException {
    Path bundle = folder.resolve("bundle");
    Outcome outcome = Shell.raiju("export", model, "--out", bundle);
    assertEquals(0, outcome.status(), outcome::err);
    assertTrue(outcome.lines().stream().anyMatch(line -> line.matches("weights of a step +type +tensors +bytes +relative error")),
        outcome::out);
    assertTrue(outcome.lines().stream().anyMatch(line -> line.matches("attention +f16 +16 .* [0-9.]+e-0[4-9]")), outcome::out);
    assertTrue(Files.size(bundle.resolve("weights.bin")) % (16 << 10) == 0);
    assertTrue(Files.readString(bundle.resolve("plan.json")).startsWith("{\"format\":\"raiju-bundle\",\"version\":1,"));
    Outcome again = Shell.raiju("export", model, "--out", bundle);
    assertEquals(1, again.status(), again::out);
  }

  @Test
  void plansWithoutWriting() {
    Outcome outcome = Shell.raiju("export", model, "--plan-only");
    assertEquals(0, outcome.status(), outcome::err);
    assertTrue(outcome.lines().getFirst().matches("plan +operations +weights +peak memory +at least .*"), outcome::out);
  }

  @Test
  void writesAPackage() throws IOException {
    Path made = folder.resolve("package");
    Outcome outcome = Shell.raiju("export", model, "--target", "macos", "--golden", "a red circle", "--out", made);
    assertEquals(0, outcome.status(), outcome::err);
    assertTrue(Files.readString(made.resolve("Package.swift")).startsWith("// swift-tools-version:5.9"));
    assertTrue(Files.size(made.resolve("Tests/RaijuVideoTests/Golden/golden.rgb")) > 0);
    assertEquals(0, Shell.raiju("export", model, "--target", "ios", "--plan-only").status());
  }

  @Test
  void refusesWhatItCannotMean() {
    assertEquals("raiju: export: needs one of --out DIR and --plan-only", Shell.raiju("export", model).err().strip());
    assertEquals("raiju: export: --target: got android; needs bundle, ios, macos", Shell.raiju("export", model, "--target",
        "android",
        "--plan-only").err().strip());
    assertEquals("raiju: export: --dtype: got f64; needs one of f16, int8, int4", Shell.raiju("export", model, "--dtype", "f64",
        "--plan-only").err().strip());
  }
}

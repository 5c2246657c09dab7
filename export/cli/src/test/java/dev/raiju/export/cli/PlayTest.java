package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlayTest {
  private static final String TEXT = "a red circle moves right";

  @TempDir
  private static Path folder;
  private static Path model;
  private static Path bundle;

  @BeforeAll
  static void writeBundle() throws IOException {
    model = TinyModel.write(folder.resolve("few"), TinyModel.FEW_STEP);
    bundle = folder.resolve("bundle");
    Outcome outcome = Shell.raiju("export", model, "--out", bundle);
    assertEquals(0, outcome.status(), outcome::err);
  }

  private static List<byte[]> frames(Path place) throws IOException {
    try (Stream<Path> files = Files.list(place)) {
      List<byte[]> frames = new ArrayList<>();
      for (Path file : files.sorted().toList()) frames.add(Files.readAllBytes(file));
      return frames;
    }
  }

  @Test
  void makesTheClipOfTheModelWithoutIt() throws IOException {
    Path wanted = folder.resolve("wanted");
    Outcome generated = Shell.raiju("generate", TEXT, "--model", model, "--weights", "f16", "--seed", 3, "--frames", wanted);
    assertEquals(0, generated.status(), generated::err);
    Path elsewhere = folder.resolve("elsewhere");
    Files.move(model, folder.resolve("gone"));
    Outcome played = Shell.raiju("play", bundle, TEXT, "--seed", 3, "--frames", elsewhere, "--out", folder.resolve("clip.gif"));
    Files.move(folder.resolve("gone"), model);
    assertEquals(0, played.status(), played::err);
    assertTrue(Files.size(folder.resolve("clip.gif")) > 0);
    List<byte[]> right = frames(wanted);
    List<byte[]> found = frames(elsewhere);
    assertEquals(5, found.size());
    for (int i = 0; i < 5; i++) assertArrayEquals(right.get(i), found.get(i), "frame " + i);
  }

  /// What happens to a file of the bundle, and what is said of it.
  private record Damage(String file, String from, String to, String told) {}

  @Test
  void refusesHostileBundlesInOneLine() throws IOException {
    for (Damage damage : List.of(
        new Damage("plan.json", "\"raiju-bundle\"", "\"else\"", "plan.json: format: else; needs raiju-bundle"),
        new Damage("plan.json", "{", "[", "plan.json: "),
        new Damage("plan.json", "\"frames\":5", "\"frames\":500000", "frames: out of range: 500000"),
        new Damage("plan.json", "\"latent\":[1", "\"latent\":[4611686018427387904", "latent: "),
        new Damage("plan.json", "\"memory\":", "\"memory\":99999999999999", "needs "),
        new Damage("plan.json", "\"op\":\"gather\"", "\"op\":\"copy\"", "plan.json: "),
        new Damage("tokenizer.model", "", "no tokenizer", "tokenizer.model: "),
        new Damage("weights.bin", "", "", "weights.bin has 0 bytes; needs "))) {
      Path file = bundle.resolve(damage.file());
      byte[] whole = Files.readAllBytes(file);
      if (damage.from().isEmpty()) Files.writeString(file, damage.to());
      else
        Files.writeString(file, Files.readString(file).replace(damage.from(), damage.to()));
      try {
        Outcome outcome = Shell.raiju("play", bundle, TEXT, "--out", folder.resolve("none.gif"));
        assertEquals(1, outcome.status(), () -> damage + outcome.out());
        assertEquals(1, outcome.notes().size(), () -> damage + outcome.err());
        assertTrue(outcome.err().contains(damage.told()) && !outcome.err().contains("internal error"), () -> damage + outcome
            .err());
        assertFalse(Files.exists(folder.resolve("none.gif")));
      } finally {
        Files.write(file, whole);
      }
    }
  }

  @Test
  void refusesWhatItCannotMean() {
    assertEquals("raiju: play: needs a bundle and a prompt: raiju play BUNDLE PROMPT [OPTION …]", Shell.raiju("play", bundle)
        .err().strip());
    String none = Shell.raiju("play", folder.resolve("none"), TEXT).err().strip();
    assertTrue(none.endsWith("plan.json: there is no such file or folder"), none);
    String longer = Shell.raiju("play", bundle, (TEXT + " ").repeat(9), "--out", folder.resolve("none.gif")).err();
    assertTrue(longer.contains("this model reads at most 12; make it shorter"), longer);
  }
}

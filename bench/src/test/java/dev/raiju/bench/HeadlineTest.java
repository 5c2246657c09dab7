package dev.raiju.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Headline runs beside peers that are shell scripts.
class HeadlineTest {
  @TempDir
  Path temp;

  /// A peer that takes 50 ms a call, can do all but norms, and notes what it is asked.
  private String peer() throws IOException {
    return script("""
        echo '{"peer": "fake 1.0"}'
        while read -r verb which type; do
          echo "$verb $which $type" >> "%1$s/asked"
          case $verb:$which in
            prepare:rmsnorm*) echo '{"error": "no norms"}' ;;
            prepare:*) echo '{"ready": 2}' ;;
            round:*) echo '{"wall_ms": 60, "cpu_ms": 50.5}' ;;
            *) echo '{"dropped": true}' ;;
          esac
        done
        """.formatted(temp));
  }

  private String script(String text) throws IOException {
    return "sh " + Files.writeString(Files.createTempFile(temp, "peer", ".sh"), text);
  }

  @Test
  void alternatesRoundsAndWritesWhatItFound() throws IOException {
    Path file = temp.resolve("results.json");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (PrintStream o = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream e = new PrintStream(err, true,
            StandardCharsets.UTF_8)) {
      assertEquals(0, Bench.run(List.of("headline", "rope", "rms-norm", "--peer", peer(), "--repeat", "2", "--out", file
          .toString(),
          "--no-error"), o, e), err::toString);
    }
    Json.Obj results = (Json.Obj) Json.read(file);
    assertTrue(results.members().keySet().containsAll(List.of("date", "cpu", "processors", "system", "java", "load_before",
        "load_after", "rounds", "runs")), results::compact);
    Json.Obj run = (Json.Obj) ((Json.Arr) results.members().get("runs")).items().getFirst();
    assertEquals(Json.of("cpu"), run.members().get("time"));
    List<Json> rows = ((Json.Arr) run.members().get("rows")).items();
    Json.Obj refused = peerOf(rows.get(0));
    assertEquals(Json.of("no norms"), refused.members().get("error"));
    Json.Obj rope = peerOf(rows.get(1));
    assertEquals(Json.of(50.5), rope.members().get("median_ms"));
    double ours = ((Json.Real) ((Json.Obj) ((Json.Obj) rows.get(1)).members().get("ours")).members().get("median_ms")).value();
    assertEquals(50.5 / ours, ((Json.Real) rope.members().get("ratio")).value(), 0.001 + 1e-3 * 50.5 / ours);
    assertEquals(List.of("prepare rmsnorm_fused_1280x1536 f32", "prepare rope3d_1280x12x128 f32", "round rope3d_1280x12x128 f32",
        "round rope3d_1280x12x128 f32", "drop rope3d_1280x12x128 f32"), Files.readAllLines(temp.resolve("asked")));
    List<String> table = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(4, table.size());
    assertTrue(table.get(3).matches("rope +f32 +[0-9.]+ +50.50 +[0-9.]+ +1.50 +[0-9.]+ +0.85 +-"), table.get(3));
  }

  @Test
  void aRunThatStopsKeepsTheRowsThatItHas() throws IOException {
    String dying = script("""
        echo '{"peer": "dying"}'
        while read -r verb which type; do
          case $verb:$which in
            prepare:rope*) exit 1 ;;
            *) echo '{"ready": 1, "wall_ms": 1.5, "cpu_ms": 1.5}' ;;
          esac
        done
        """);
    Path file = temp.resolve("kept.json");
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (PrintStream e = new PrintStream(err, true, StandardCharsets.UTF_8)) {
      assertEquals(1, Bench.run(List.of("headline", "rms-norm", "rope", "--peer", dying, "--repeat", "1", "--out", file
          .toString(),
          "--no-error"), e, e));
    }
    assertTrue(err.toString(StandardCharsets.UTF_8).endsWith("raiju: bench: peer: " + dying + ": ended without an answer\n"), err
        .toString(StandardCharsets.UTF_8));
    Json.Obj run = (Json.Obj) ((Json.Arr) ((Json.Obj) Json.read(file)).members().get("runs")).items().getFirst();
    assertEquals(1, ((Json.Arr) run.members().get("rows")).items().size());
  }

  private static Json.Obj peerOf(Json row) {
    return (Json.Obj) ((Json.Obj) ((Json.Obj) row).members().get("peers")).members().get("fake 1.0");
  }

  @Test
  void aPeerThatEndsIsNamed() throws IOException {
    String gone = script("echo '{\"peer\": \"gone\"}'; read -r line\n");
    try (Peer peer = new Peer(gone, 1)) {
      assertEquals("peer: " + gone + ": ended without an answer", assertThrows(IOException.class, () -> peer.ask("prepare", "x",
          Kind.F32)).getMessage());
    }
    String silent = script("exit 3\n");
    assertEquals("peer: " + silent + ": ended without an answer", assertThrows(IOException.class, () -> new Peer(silent, 1)
        .close())
        .getMessage());
  }

  @Test
  void aPeerThatAnswersNonsenseIsNamed() throws IOException {
    String odd = script("echo 17\n");
    assertEquals("peer: " + odd + ": answered 17; needs an object", assertThrows(IOException.class, () -> new Peer(odd, 1)
        .close())
        .getMessage());
  }

  @Test
  void theLimitsOfTheMachineArePositiveAndDoNotContradict() {
    Limits limits = Limits.measure(1);
    assertTrue(limits.readBytes() > 0 && limits.copyBytes() > 0);
    limits.flops().forEach((kind, flops) -> assertTrue(flops > 0 && Double.isFinite(flops), kind.name()));
  }
}

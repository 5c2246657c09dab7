package dev.raiju.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.io.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The command line.
class BenchTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int bench(String... typed) {
    try (PrintStream o = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream e = new PrintStream(err, true,
            StandardCharsets.UTF_8)) {
      return Bench.run(List.of(typed), o, e);
    }
  }

  private List<String> printed() { return out.toString(StandardCharsets.UTF_8).lines().toList(); }

  private static Json.Obj parsed(String line) throws IOException { return (Json.Obj) Json.parse("line", line); }

  @Test
  void printsTheFieldsOfTheScript() throws IOException {
    assertEquals(0, bench("--case", "linear_256x128x512", "--dtype=f32", "--threads", "1", "--repeat", "3", "--json"));
    Json.Obj line = parsed(printed().getFirst());
    assertEquals(Set.of("case", "dtype", "threads", "device", "median_ms", "min_ms", "cpu_ms", "repeat", "inner", "shape",
        "gflops",
        "gflops_best", "flop", "gflops_cpu", "gbps", "relative_error"), line.members().keySet());
    assertEquals(Json.of(3), line.members().get("repeat"));
    assertEquals(Json.of(1), line.members().get("threads"));
    assertEquals(Json.of(2L * 256 * 128 * 512), line.members().get("flop"));
    double error = ((Json.Real) line.members().get("relative_error")).value();
    assertTrue(error > 0 && error < 1e-6, "error " + error);
  }

  @Test
  void aTypeThatTheEngineHasNotIsALineOfItsOwn() throws IOException {
    assertEquals(1, bench("--case", "linear_256x128x512", "--dtype", "int8mm", "--threads", "2", "--json"));
    assertEquals(Json.of("the engine has no product of int8 by int8"), parsed(printed().getFirst()).members().get("error"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "--case nope | no such case: nope; raiju bench --list names them",
    "--dtype f99 | --dtype: no such type: f99; there are f32, bf16, int8dyn, int8mm, w8, w4",
    "--case adamw* --dtype w4 | --dtype: w4: none of the cases has it; raiju bench --list names the types of each",
    "--threads 0 | --threads: got 0; needs a whole number from 1 to 1024",
    "--repeat x | --repeat: got x; needs a whole number from 1 to 10000",
    "--repeat | --repeat: needs a value",
    "--fast | no such option: --fast; there are --case, --device, --dtype, --heavy, --json, --list, --no-error, --peer, --repeat, --threads",
    "headlines | no such command: headlines; there are headline and jmh",
    "headline gemm | headline: no such row: gemm; there are gemm-f32, gemm-bf16, gemm-int8, gemm-int4, attn-f32, attn-bf16, "
        + "attn-train, block-lightning, train-small, train-small-compiled, tae-decode, tiny, rms-norm, modulated-norm, rope, gelu, "
        + "adamw"})
  void refusesInOneLine(String typed, String message) {
    assertEquals(2, bench(typed.split(" ")));
    assertEquals("raiju: bench: " + message + System.lineSeparator(), err.toString(StandardCharsets.UTF_8));
    assertEquals(List.of(), printed());
  }

  @Test
  void timesOnAnyDeviceOneCaseAfterTheOther() throws IOException {
    assertEquals(0, bench("--case", "linear_256x128x512", "--dtype", "f32,int8mm", "--device", "cpu", "--repeat", "1", "--json"));
    Json.Obj line = parsed(printed().getFirst());
    assertEquals(Json.of("cpu"), line.members().get("device"));
    assertTrue(((Json.Real) line.members().get("median_ms")).value() > 0);
    assertEquals(Json.of("the engine has no product of int8 by int8"), parsed(printed().get(1)).members().get("error"));
  }

  @Test
  void aDeviceThatIsNotThereIsRefused() {
    assertEquals(2, bench("--case", "linear_256x128x512", "--device", "abacus"));
    assertTrue(err.toString(StandardCharsets.UTF_8).startsWith("raiju: bench: device: no backend called abacus; there are "));
    assertEquals(2, bench("--case", "linear_256x128x512", "--peer", "true"));
  }

  @Test
  void listsCasesWithTheirTypes() {
    assertEquals(0, bench("--list", "--case", "adamw_fused_16M,attn_12h128_11154"));
    assertEquals(List.of("adamw_fused_16M f32", "attn_12h128_11154 f32 bf16 heavy"), printed());
  }

  @Test
  void theTableHasALineForEachResult() {
    assertEquals(0, bench("--case", "rope3d*", "--dtype", "f32", "--repeat", "1", "--threads", "1", "--no-error"));
    assertEquals(2, printed().size());
    assertTrue(printed().getLast().matches("rope3d_1280x12x128 +f32 +1 +.* +- *"), printed().getLast());
  }
}

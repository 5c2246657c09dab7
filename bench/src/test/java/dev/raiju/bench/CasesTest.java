package dev.raiju.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Our cases are those of `peers/torch_peer.py`: `torch_peer_cases.jsonl` is what it prints with `--describe --heavy`.
class CasesTest {
  private static final Path SCRIPT = Path.of(System.getProperty("raiju.root"), "bench/peers/torch_peer.py");

  private static List<Json.Obj> described() throws IOException {
    List<Json.Obj> lines = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("src/test/resources/torch_peer_cases.jsonl"))) {
      lines.add((Json.Obj) Json.parse("golden", line));
    }
    return lines;
  }

  @Test
  void namesTypesShapesAndCountsAreThoseOfTheScript() throws IOException {
    Map<String, Json> found = new LinkedHashMap<>();
    for (Case c : Cases.all()) {
      for (Kind kind : c.kinds()) {
        Work work = c.work().apply(kind);
        Json.Obj line = Json.object().with("case", c.name()).with("dtype", kind.label()).with("heavy", c.heavy()).with("shape",
            work
                .shapeJson());
        if (work.flop() > 0) line = line.with("flop", work.flop());
        if (work.bytes() > 0) line = line.with("bytes", work.bytes());
        if (work.params().isPresent()) line = line.with("params", work.params().getAsLong());
        if (work.frames().isPresent()) line = line.with("frames", work.frames().getAsLong());
        found.put(c.name() + " " + kind, line);
      }
    }
    Map<String, Json> wanted = new LinkedHashMap<>();
    for (Json.Obj line : described()) {
      wanted.put(((Json.Str) line.members().get("case")).value() + " " + ((Json.Str) line.members().get("dtype")).value(), line);
    }
    assertEquals(List.copyOf(wanted.keySet()), List.copyOf(found.keySet()));
    wanted.forEach((name, line) -> assertEquals(line, found.get(name), name));
  }

  /// So that the golden does not grow old: the script's tables are read as they are now.
  @Test
  void theTablesOfTheScriptAreOurs() throws IOException {
    String script = Files.readString(SCRIPT);
    Map<String, List<Long>> tables = new LinkedHashMap<>();
    Matcher entry = Pattern.compile("^ {4}\"(\\w+)\": +\\(([0-9, ]+)\\),", Pattern.MULTILINE).matcher(script);
    while (entry.find()) {
      tables.put(entry.group(1), LongStream.of(Pattern.compile(" *, *").splitAsStream(entry.group(2).strip()).mapToLong(
          Long::parseLong).toArray()).boxed().toList());
    }
    int cases = 0;
    for (var table : tables.entrySet()) {
      String name = table.getKey();
      List<Long> sizes = table.getValue();
      if (ModelCases.CONFIGS.containsKey(name)) {
        WanConfig c = ModelCases.CONFIGS.get(name);
        assertEquals(sizes, LongStream.of(c.dim(), c.layers(), c.heads(), c.headWidth(), c.ffn(), c.textDim(), c.textLength())
            .boxed().toList(), name);
      } else if (ModelCases.GRIDS.containsKey(name)) {
        ModelCases.Grid g = ModelCases.GRIDS.get(name);
        assertEquals(sizes, List.of(g.frames(), g.height(), g.width()), name);
      } else {
        List<Long> shape = Cases.find(List.of(name), true).getFirst().work().apply(Kind.F32).shape();
        // convolutions name their taps last, which are no part of the shape
        assertEquals(sizes.subList(0, shape.size()), shape, name);
        cases++;
      }
    }
    assertEquals(21 + 7 + 4, cases);
    assertTrue(tables.keySet().containsAll(ModelCases.CONFIGS.keySet()));
    assertTrue(tables.keySet().containsAll(ModelCases.GRIDS.keySet()));
  }

  @Test
  void globsMeanLightCasesAndNamesAny() {
    assertEquals(List.of("attn_fwdbwd_6h64_1280", "attn_fwdbwd_12h128_1280"), names("attn_fwd*", false));
    assertFalse(names("attn_*", false).contains("attn_12h128_11154"));
    assertTrue(names("attn_*", true).contains("attn_12h128_11154"));
    assertEquals(List.of("attn_12h128_11154"), names("attn_12h128_11154", false));
    assertEquals(List.of("linear_1x1536x9216"), names("linear_1x1536x921?", false));
  }

  private static List<String> names(String pattern, boolean heavy) {
    return Cases.find(List.of(pattern), heavy).stream().map(Case::name).toList();
  }

  @Test
  void aPatternWithoutACaseIsRefused() {
    assertEquals("no such case: attn_x; raiju bench --list names them", assertThrows(UsageException.class, () -> Cases.find(List
        .of("attn_x"), true)).getMessage());
    assertEquals("fwd_wan13b_* means only heavy cases; add --heavy or name one in full", assertThrows(UsageException.class,
        () -> Cases.find(List.of("fwd_wan13b_*"), false)).getMessage());
  }

  @Test
  void everyHeadlineRowHasItsCase() {
    for (HeadlineRow row : HeadlineRow.all()) assertTrue(row.find().kinds().contains(row.kind()), row.name());
  }
}

package dev.raiju.models.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NameTableTest {
  private static final NameTable NAMES = NameTable.of("a", "b")
      .row("head", "out.1", "proj")
      .row("head.extra", "extra", "out.1.extra.table")
      .row("blocks.*.parts.*.up", "layer.*.sub.*.w1", "h.*.*.fc")
      .row("blocks.*.norm", "layer.*.ln", "h.*.norm");

  @Test
  void translatesBothWays() {
    assertEquals("layer.12.sub.3.w1.weight", NAMES.theirs("a", "blocks.12.parts.3.up.weight"));
    assertEquals("h.12.3.fc.bias", NAMES.theirs("b", "blocks.12.parts.3.up.bias"));
    assertEquals(Optional.of("blocks.12.parts.3.up.weight"), NAMES.ours("a", "layer.12.sub.3.w1.weight"));
    assertEquals(Optional.of("blocks.0.norm.bias"), NAMES.ours("b", "h.0.norm.bias"));
    assertEquals(Optional.of("head.weight"), NAMES.ours("b", "proj.weight"));
  }

  @Test
  void knowsWholePartsOfANameOnly() {
    assertTrue(NAMES.ours("b", "projection.weight").isEmpty());
    assertTrue(NAMES.ours("a", "out.11.weight").isEmpty());
    assertTrue(NAMES.ours("a", "layer.x.ln.weight").isEmpty());
    assertTrue(NAMES.ours("a", "layerX1Xln").isEmpty());
    assertTrue(NAMES.ours("a", "my.layer.1.ln").isEmpty());
  }

  @Test
  void countsWhatItKnows() { assertEquals(2, NAMES.known("b", List.of("proj.weight", "h.1.norm.weight", "layer.1.ln.weight"))); }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertEquals("names: no row for tail", assertThrows(IllegalArgumentException.class, () -> NAMES.theirs("a", "tail"))
        .getMessage());
    assertThrows(IllegalArgumentException.class, () -> NAMES.theirs("c", "head"));
    assertThrows(IllegalArgumentException.class, () -> NAMES.row("x", "y"));
  }
}

package dev.raiju.export.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.export.cli.Shell.Outcome;
import org.junit.jupiter.api.Test;

/// The Metal backend as users of the command meet it on a system that has none; kernels/metal tests what it computes.
class MetalCommandTest {
  private static final boolean IS_MAC = System.getProperty("os.name", "").startsWith("Mac");

  @Test
  void doctorSaysWhatWasFoundOrWhyNot() {
    String line = Shell.raiju("doctor").lines().stream().filter(l -> l.startsWith("metal ")).findFirst().orElseThrow();
    if (IS_MAC) assertTrue(line.contains(", Metal 3") || line.contains("not available: "), line);
    else assertTrue(line.contains("not available: Metal is a part of macOS; this is "), line);
  }

  @Test
  void refusesToComputeWhereThereIsNone() {
    if (IS_MAC) return;
    Outcome refused = Shell.raiju("verify", "README.md", "--backend", "metal");
    assertTrue(refused.status() != 0 && refused.err().contains("device: metal cannot be used here: Metal is a part of macOS"),
        refused
            .err());
  }
}

package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ScriptsTest {
  @Test
  void shellcheckFindsNothing() {
    boolean there = Stream.of(System.getenv("PATH").split(File.pathSeparator)).anyMatch(folder -> Files.isExecutable(Path.of(
        folder, "shellcheck")));
    assumeTrue(there, "shellcheck is not installed");
    Program check = Program.run(Tree.ROOT, Map.of(), List.of("shellcheck", "raiju", ".build/test", ".ci/run", ".ci/setup",
        "bench/peers/onnx-peer", "bench/gpu/pack", "bench/gpu/run"));
    assertEquals("", check.out() + check.err());
  }
}

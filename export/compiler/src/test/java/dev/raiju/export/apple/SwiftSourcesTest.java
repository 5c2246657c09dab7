package dev.raiju.export.apple;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The Swift of a package is Swift: as its compiler's parser sees it where there is one, else by tree-sitter's grammar.
class SwiftSourcesTest {
  private static final Path ROOT = Path.of(System.getProperty("raiju.root"));
  private static final Path SOURCES = ROOT.resolve("export/compiler/src/main/resources/dev/raiju/export/apple");
  private static final Path GRAMMAR = Path.of(System.getProperty("user.home"), ".cache/raiju/swift-grammar/node_modules");

  @TempDir
  private Path folder;

  private record Outcome(int code, String said) {}

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("NODE_PATH", GRAMMAR.toString());
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), said);
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      return run(List.of(program, "--version")).code() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Outcome parse(List<Path> files) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (isThere("swiftc")) {
      command.addAll(List.of("swiftc", "-frontend", "-parse"));
    } else {
      Assumptions.assumeTrue(isThere("node") && Files.isDirectory(GRAMMAR),
          "no swiftc, and no node with tree-sitter's grammar for Swift on this machine: the sources cannot be parsed");
      command.addAll(List.of("node", ROOT.resolve("export/compiler/src/test/native/swift.js").toString()));
    }
    files.forEach(file -> command.add(file.toString()));
    return run(command);
  }

  @Test
  void allOfThemParse() throws IOException, InterruptedException {
    List<Path> files = new ArrayList<>();
    for (String name : List.of("Package", "VideoModel", "SampleView", "GoldenTests")) files.add(SOURCES.resolve(name + ".swift"));
    Outcome outcome = parse(files);
    assertEquals("", outcome.said());
    assertEquals(0, outcome.code());
  }

  @Test
  void whatIsBrokenDoesNot() throws IOException, InterruptedException {
    String text = Files.readString(SOURCES.resolve("VideoModel.swift"));
    Path broken = Files.writeString(folder.resolve("Broken.swift"), text.replaceFirst("\\) throws \\{", ") throws {{ ("));
    Outcome outcome = parse(List.of(broken));
    assertTrue(outcome.code() != 0 && outcome.said().contains("Broken.swift:"), outcome.said());
  }
}

package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ReadmeTest {
  private static final String README = Tree.read(Tree.ROOT.resolve("README.md"));
  private static final Path CONSUMERS = Tree.ROOT.resolve(".build/consumers");

  /// [ConsumersTest] compiles and runs them.
  @Test
  void theExamplesAreThoseThatTheBuildRuns() throws IOException {
    try (Stream<Path> files = Files.list(CONSUMERS.resolve("class-path/src/main/java/example"))) {
      assertEquals(files.map(Tree::read).sorted().toList(), Tree.all(README, "```java\n(.*?)```").sorted().toList());
    }
    assertEquals(Tree.read(CONSUMERS.resolve("class-path/src/main/java/example/Example.java")), Tree.read(CONSUMERS.resolve(
        "module-path/src/main/java/example/Example.java")));
  }

  @Test
  void theCoordinatesAndFlagsAreThoseOfTheExample() {
    String pom = Tree.read(CONSUMERS.resolve("class-path/pom.xml"));
    for (String block : Tree.all(README, "```xml\n(.*?)```").toList()) {
      for (String line : block.lines().map(String::strip).toList()) assertTrue(pom.contains(line), line);
    }
    assertTrue(README.contains("`" + Tree.all(pom, "<flags>(.*?)</flags>").findFirst().orElseThrow() + "`"));
  }

  @Test
  void everyModuleIsOnTheMap() {
    List<String> missing = Tree.modules().stream().map(module -> Tree.ROOT.relativize(module) + "/").filter(name -> !README
        .contains(
            "`" + name + "`")).toList();
    assertEquals(List.of(), missing);
  }

  @Test
  void everyPathInItIsThere() {
    List<String> missing = Tree.all(README, "\\]\\(([^)#:]+)\\)").filter(path -> Files.notExists(Tree.ROOT.resolve(path)))
        .toList();
    assertEquals(List.of(), missing);
  }
}

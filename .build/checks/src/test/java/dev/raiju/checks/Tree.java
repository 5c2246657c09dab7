package dev.raiju.checks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The folder of the project, and what its build files say.
final class Tree {
  static final Path ROOT = Path.of(System.getProperty("raiju.root"));
  static final String VERSION = System.getProperty("raiju.version");

  private Tree() {}

  /// The folders of the reactor modules, in their order.
  static List<Path> modules() { return all(read(ROOT.resolve("pom.xml")), "<module>(.*?)</module>").map(ROOT::resolve).toList(); }

  /// The modules that others may depend on: those that export a package.
  static List<Path> libraries() {
    return modules().stream().filter(folder -> {
      Path descriptor = folder.resolve("src/main/java/module-info.java");
      return Files.exists(descriptor) && read(descriptor).contains("exports ");
    }).toList();
  }

  static String artifact(Path module) {
    return all(read(module.resolve("pom.xml")).replaceFirst("(?s)<parent>.*?</parent>", ""), "<artifactId>(.*?)</artifactId>")
        .findFirst().orElseThrow();
  }

  static Path jar(Path module) { return module.resolve("target").resolve(artifact(module) + "-" + VERSION + ".jar"); }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The first group of every match.
  static Stream<String> all(String text, String pattern) {
    return Pattern.compile(pattern, Pattern.DOTALL).matcher(text).results().map((MatchResult found) -> found.group(1));
  }
}

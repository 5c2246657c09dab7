package dev.raiju.export.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/// The files that a command line names: a folder stands for the files directly in it, hidden ones left out.
final class PathList {
  private static final Set<String> TEXT = Set.of("md", "txt", "py", "rst", "html", "csv", "tsv");

  private PathList() {}

  static List<Path> expand(List<Path> named) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path path : named) {
      if (Files.isDirectory(path)) files.addAll(inside(path));
      else files.add(path);
    }
    return files;
  }

  private static List<Path> inside(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> !Files.isDirectory(path) && !path.getFileName().toString().startsWith(".")).sorted().toList();
    }
  }

  /// Whether a file accompanies others and is for people: a README, a license, a script.
  static boolean isText(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String upper = name.toUpperCase(Locale.ROOT);
    return dot > 0 && TEXT.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT)) || upper.startsWith("README") || upper
        .startsWith("LICENSE") || upper.startsWith("NOTICE");
  }
}

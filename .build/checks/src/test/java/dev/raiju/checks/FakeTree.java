package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A place to try scripts in: a folder for the project, a home, and on the `PATH` a few tools and nothing else.
///
/// @param root of the project
/// @param tools the only folder on the `PATH`
/// @param environment what scripts are started with
record FakeTree(Path root, Path home, Path tools, Map<String, String> environment) {
  private static final List<String> TOOLS = List.of("awk", "bash", "basename", "cat", "dirname", "find", "grep", "mkdir",
      "mktemp",
      "mv", "readlink", "rm", "sort");

  /// The names hold spaces, since scripts trip over them.
  static FakeTree in(Path temp) throws IOException {
    Path root = Files.createDirectories(temp.resolve("a tree"));
    Path home = Files.createDirectories(temp.resolve("a home"));
    Path tools = Files.createDirectories(temp.resolve("some tools"));
    for (String tool : TOOLS) {
      Path real = Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(folder -> Path.of(folder, tool)).filter(
          Files::isExecutable).findFirst().orElseThrow();
      script(tools.resolve(tool), "#!/bin/sh\nexec '" + real + "' \"$@\"\n");
    }
    return new FakeTree(root, home, tools, new HashMap<>(Map.of("PATH", tools.toString(), "HOME", home.toString())));
  }

  /// A JDK whose `java` prints where it is, then its arguments.
  static Path jdk(Path folder, String version) throws IOException {
    write(folder.resolve("release"), "IMPLEMENTOR=\"nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
    script(folder.resolve("bin/javac"), "#!/bin/sh\n");
    script(folder.resolve("bin/java"), "#!/bin/sh\necho \"$0\"\nfor word in \"$@\"; do echo \"$word\"; done\n");
    return folder;
  }

  static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  static void script(Path file, String text) throws IOException {
    write(file, text);
    assertTrue(file.toFile().setExecutable(true));
  }
}

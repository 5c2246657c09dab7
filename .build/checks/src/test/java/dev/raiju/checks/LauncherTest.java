package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The script `raiju`, copied into a tree of its own: with JDKs that only say where they are, and a Maven that only notes its
/// calls. Absolute folders in the script are moved below `system`, so that what this machine has installed does not matter.
final class LauncherTest {
  @TempDir
  Path temp;

  private FakeTree fake;
  private Path system;

  @BeforeEach
  void makeTheTree() throws IOException {
    fake = FakeTree.in(temp);
    system = Files.createDirectories(temp.resolve("system"));
    String moved = Tree.read(Tree.ROOT.resolve("raiju")).replaceAll("(?<=[ {,])(?=/(usr|opt|home|Library)/)", system.toString())
        .replace("{,\"", "{" + system + ",\"");
    FakeTree.script(fake.root().resolve("raiju"), moved);
    FakeTree.script(fake.tools().resolve("mvn"), """
        #!/bin/sh
        echo "$JAVA_HOME" >> "%1$s/mvn.calls"
        [ -e "%1$s/mvn.fails" ] && { echo "a compiler's message"; exit 1; }
        mkdir -p "%1$s/export/cli/target" "%1$s/bench/target"
        : > "%1$s/export/cli/target/module-path"
        : > "%1$s/bench/target/class-path"
        """.formatted(fake.root()));
    FakeTree.write(fake.root().resolve("pom.xml"), "");
    FakeTree.write(fake.root().resolve("tensor/src/main/java/Tensor.java"), "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/usr/lib/jvm/temurin-25", "/opt/jdk-25", "/Library/Java/JavaVirtualMachines/zulu-25.jdk/Contents/Home",
    "/opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home", "/home/linuxbrew/.linuxbrew/opt/openjdk/libexec",
    "~/Library/Java/JavaVirtualMachines/openjdk-25/Contents/Home", "~/.sdkman/candidates/java/25-tem", "~/.jdks/temurin-25.0.1"})
  void findsAJdkInTheUsualFolders(String place) throws IOException {
    Path jdk = FakeTree.jdk(place.startsWith("~") ? Path.of(fake.home() + place.substring(1)) : Path.of(system + place),
        "25.0.1");
    assertEquals(jdk.toString(), usedJdk(raiju("doctor")));
  }

  @Test
  void prefersJavaHome() throws IOException {
    FakeTree.jdk(fake.home().resolve(".jdks/another"), "25");
    Path jdk = FakeTree.jdk(temp.resolve("my jdk"), "25");
    fake.environment().put("JAVA_HOME", jdk.toString());
    assertEquals(jdk.toString(), usedJdk(raiju("doctor")));
  }

  @Test
  void followsTheJavacOnThePath() throws IOException {
    Path jdk = FakeTree.jdk(temp.resolve("my jdk"), "25+36");
    Files.createSymbolicLink(fake.tools().resolve("javac-25"), jdk.resolve("bin/javac"));
    Files.createSymbolicLink(fake.tools().resolve("javac"), Path.of("javac-25"));
    assertEquals(jdk.toRealPath().toString(), usedJdk(raiju("doctor")));
  }

  @Test
  void passesOverOtherVersions() throws IOException {
    fake.environment().put("JAVA_HOME", FakeTree.jdk(temp.resolve("old"), "17.0.15").toString());
    Files.createSymbolicLink(fake.tools().resolve("javac"), temp.resolve("old/bin/javac"));
    FakeTree.jdk(system.resolve("usr/lib/jvm/java-21"), "21.0.2");
    FakeTree.jdk(system.resolve("usr/lib/jvm/java-250"), "250");
    Path jdk = FakeTree.jdk(fake.home().resolve(".jdks/temurin-25"), "25.0.3");
    assertEquals(jdk.toString(), usedJdk(raiju("doctor")));
  }

  @Test
  void saysWhatToInstallWithoutAJdk() throws IOException {
    FakeTree.jdk(system.resolve("usr/lib/jvm/java-21"), "21.0.2");
    Program run = raiju("doctor");
    assertEquals(1, run.status());
    assertTrue(run.err().matches("raiju: no JDK 25 found: .*install one.*JAVA_HOME\n"), run.err());
  }

  @Test
  void saysWhatToInstallWithoutMaven() throws IOException {
    FakeTree.jdk(fake.home().resolve(".jdks/temurin-25"), "25");
    Files.delete(fake.tools().resolve("mvn"));
    Program run = raiju("doctor");
    assertEquals(1, run.status());
    assertTrue(run.err().contains("no Maven found: install Maven 3.8 or newer"), run.err());
  }

  @Test
  void buildsWhatIsMissingOrStaleAndNothingElse() throws IOException {
    Path jdk = FakeTree.jdk(fake.home().resolve(".jdks/temurin-25"), "25");
    raiju("doctor").succeeded();
    raiju("doctor").succeeded();
    assertEquals(List.of(jdk.toString()), builds());
    Path source = fake.root().resolve("tensor/src/main/java/Tensor.java");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
    raiju("doctor").succeeded();
    assertEquals(2, builds().size(), "a source is newer");
    Files.delete(source);
    raiju("doctor").succeeded();
    assertEquals(3, builds().size(), "a source is gone");
    Files.delete(fake.root().resolve("export/cli/target/module-path"));
    raiju("doctor").succeeded();
    assertEquals(4, builds().size(), "what was built is gone");
    FakeTree.write(fake.root().resolve("tensor/src/test/java/TensorTest.java"), "");
    raiju("doctor").succeeded();
    assertEquals(4, builds().size(), "a test is no source of the command");
  }

  @Test
  void startsBenchmarksOnAClassPathOfTheirOwn() throws IOException {
    FakeTree.jdk(fake.home().resolve(".jdks/temurin-25"), "25");
    raiju("doctor").succeeded();
    FakeTree.write(fake.root().resolve("bench/target/class-path"), "jmh.jar");
    List<String> lines = raiju("bench", "--case", "a b").succeeded().out().lines().toList();
    assertEquals(List.of("dev.raiju.bench.Bench", "--case", "a b"), lines.subList(lines.size() - 3, lines.size()));
    assertTrue(lines.contains(fake.root().resolve("bench/target/classes") + ":jmh.jar"), lines.toString());
    assertTrue(raiju("doctor").succeeded().out().lines().noneMatch(line -> line.contains("jmh.jar")));
    Files.delete(fake.root().resolve("bench/target/class-path"));
    raiju("doctor").succeeded();
    assertEquals(2, builds().size(), "what was built is gone");
  }

  @Test
  void showsTheOutputOfABuildThatFails() throws IOException {
    FakeTree.jdk(fake.home().resolve(".jdks/temurin-25"), "25");
    FakeTree.write(fake.root().resolve("mvn.fails"), "");
    Program run = raiju("doctor");
    assertEquals(1, run.status());
    assertTrue(run.err().contains("a compiler's message\nraiju: the build failed"), run.err());
    raiju("doctor");
    assertEquals(2, builds().size());
  }

  @Test
  void startsFromAnotherFolderThroughSymlinks() throws IOException {
    Path root = fake.root().toRealPath();
    FakeTree.jdk(fake.home().resolve(".jdks/temurin-25"), "25");
    Path elsewhere = Files.createDirectories(temp.resolve("else where/bin"));
    Files.createSymbolicLink(elsewhere.resolve("absolute"), fake.root().resolve("raiju"));
    Files.createSymbolicLink(elsewhere.resolve("raiju"), Path.of("absolute"));
    Program run = Program.runAlone(elsewhere, fake.environment(), List.of("bash", "raiju", "a word", "")).succeeded();
    List<String> lines = run.out().lines().toList();
    assertEquals(List.of("a word", ""), lines.subList(lines.size() - 2, lines.size()));
    assertTrue(lines.stream().anyMatch(line -> line.matches("-Draiju\\.\\w+=" + root)), run.out());
  }

  @Test
  void theRealCommandPrintsNoWarnings() throws IOException {
    fake.environment().put("JAVA_HOME", System.getProperty("java.home"));
    raiju("help");
    Path built = fake.root().resolve("export/cli/target");
    Program.run(temp, Map.of(), List.of("cp", "-R", Tree.ROOT.resolve("export/cli/target/classes").toString(), built.toString()))
        .succeeded();
    FakeTree.write(built.resolve("module-path"), Tree.read(Tree.ROOT.resolve("export/cli/target/module-path")));
    Program run = raiju("doctor").succeeded();
    assertEquals("", run.err());
    assertTrue(run.out().contains("cpu"), run.out());
  }

  private Program raiju(String... words) {
    return Program.runAlone(temp, fake.environment(), Stream.concat(Stream.of(fake.root().resolve("raiju").toString()), Stream.of(
        words))
        .toList());
  }

  private static String usedJdk(Program run) {
    return Path.of(run.succeeded().out().lines().findFirst().orElseThrow()).getParent().getParent().toString();
  }

  /// The JDK of each call of Maven.
  private List<String> builds() throws IOException { return Files.readAllLines(fake.root().resolve("mvn.calls")); }
}

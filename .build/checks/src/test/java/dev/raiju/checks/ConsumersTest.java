package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs in `.build/consumers` are built and run as a stranger would, by a Maven of their own. It has a local repository below
/// `target` in which Raiju is installed; all else is copied from the user's repository, never from the network.
final class ConsumersTest {
  private static final Path CONSUMERS = Tree.ROOT.resolve(".build/consumers");
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Path REPOSITORY = TARGET.resolve("repository");
  private static final String HINT = "start java with --add-modules jdk.incubator.vector";
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @BeforeAll
  static void install() throws IOException {
    List<Path> poms = new ArrayList<>(Tree.libraries());
    poms.add(Tree.ROOT);
    poms.add(Tree.ROOT.resolve("bom"));
    for (Path module : poms) {
      Path folder = REPOSITORY.resolve("dev/raiju").resolve(Tree.artifact(module)).resolve(Tree.VERSION);
      String name = Tree.artifact(module) + "-" + Tree.VERSION;
      Files.createDirectories(folder);
      Files.copy(module.resolve("pom.xml"), folder.resolve(name + ".pom"), StandardCopyOption.REPLACE_EXISTING);
      if (Tree.libraries().contains(module)) {
        Files.copy(Tree.jar(module), folder.resolve(name + ".jar"), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.writeString(TARGET.resolve("settings.xml"), """
        <settings>
          <mirrors>
            <mirror>
              <id>user</id>
              <mirrorOf>*</mirrorOf>
              <url>%s</url>
            </mirror>
          </mirrors>
        </settings>
        """.formatted(Path.of(System.getProperty("maven.local.repository")).toUri()));
  }

  @Test
  void classPathAndModulePathGiveTheSameBitsAndTheScalarOneSaysHowToBeFast() {
    Program vector = maven("class-path");
    Program scalar = withoutVectors();
    Program modules = maven("module-path");
    assertTrue(scalar.out().lines().anyMatch(line -> line.startsWith("step 500  loss ")), scalar.out());
    assertEquals(scalar.out(), vector.out());
    assertEquals(scalar.out(), modules.out());
    assertEquals(1, scalar.err().lines().filter(line -> line.contains(HINT)).count(), scalar.err());
    assertEquals(List.of("WARNING: Using incubator modules: jdk.incubator.vector"), vector.err().lines().toList());
    assertEquals(List.of("WARNING: Using incubator modules: jdk.incubator.vector"), modules.err().lines().toList());
  }

  @Test
  void makesAClipFromAPrompt(@TempDir Path temp) throws IOException {
    Path model = Tree.ROOT.resolve("models/pretrained/shapes");
    assumeTrue(Files.isDirectory(model), "there is no model in models/pretrained/shapes");
    Path clip = temp.resolve("clip.mp4");
    maven("class-path", "-Dmain=example.Embed " + model + " " + clip);
    assertEquals("ftyp", new String(Files.readAllBytes(clip), 4, 4, java.nio.charset.StandardCharsets.US_ASCII));
  }

  @Test
  void theGradleBuildNamesTheSameArtifactsAndFlags() {
    String gradle = Tree.read(CONSUMERS.resolve("gradle/build.gradle.kts"));
    String maven = Tree.read(CONSUMERS.resolve("class-path/pom.xml"));
    String dependencies = maven.substring(maven.indexOf("</dependencyManagement>"), maven.indexOf("<build>"));
    assertEquals(Tree.all(dependencies, "<dependency>(.*?)</dependency>").map(one -> (one.contains("<scope>runtime<")
        ? "runtimeOnly"
        : "implementation") + " dev.raiju:" + Tree.all(one, "<artifactId>(.*?)<").findFirst().orElseThrow()).toList(), Stream
            .concat(
                Tree.all(gradle, "implementation\\(\"(.*?)\"\\)").map(it -> "implementation " + it), Tree.all(gradle,
                    "runtimeOnly\\(\"(.*?)\"\\)").map(it -> "runtimeOnly " + it)).toList());
    assertEquals(List.of("dev.raiju:raiju-bom:" + Tree.VERSION), Tree.all(gradle, "platform\\(\"(.*?)\"\\)").toList());
    assertEquals(Tree.all(maven, "<flags>(.*?)</flags>").flatMap(flags -> Stream.of(flags.split(" "))).toList(), Tree.all(gradle,
        "\"(--.*?)\"").toList());
    assertEquals(Tree.all(maven, "<main>(.*?)</main>").toList(), Tree.all(gradle, "mainClass = \"(.*?)\"").toList());
  }

  /// Compiles and runs a consumer, from a copy so that nothing is written beside the sources.
  private static Program maven(String consumer, String... options) {
    Path folder = TARGET.resolve("consumers").resolve(consumer);
    try (Stream<Path> files = Files.walk(CONSUMERS.resolve(consumer))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = folder.resolve(CONSUMERS.resolve(consumer).relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    List<String> command = new ArrayList<>(List.of("mvn", "-B", "-q", "-s", TARGET.resolve("settings.xml").toString(),
        "-Dmaven.repo.local=" + REPOSITORY, "-Dexec.executable=" + JAVA));
    command.addAll(List.of(options));
    command.addAll(List.of("compile", "exec:exec"));
    // Maven runs on the JDK of this test, and calls methods that it warns of
    Map<String, String> environment = Map.of("JAVA_HOME", System.getProperty("java.home"), "MAVEN_OPTS",
        "--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED");
    Program run = Program.run(folder, environment, command).succeeded();
    return new Program(run.status(), withoutColours(run.out()), withoutColours(run.err()));
  }

  /// The example on the class path as Maven has compiled it, started without the flag for vectors.
  private static Program withoutVectors() {
    Stream<String> jars = Tree.libraries().stream().map(Tree::jar).map(Path::toString);
    String path = Stream.concat(Stream.of("target/classes"), jars).collect(Collectors.joining(File.pathSeparator));
    return Program.run(TARGET.resolve("consumers/class-path"), Map.of(), List.of(JAVA.toString(),
        "--enable-native-access=ALL-UNNAMED", "-classpath", path, "example.Example")).succeeded();
  }

  private static String withoutColours(String text) { return text.replaceAll("\u001b\\[[0-9;]*m", ""); }
}

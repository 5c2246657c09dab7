package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Rules about the sources that no compiler checks.
class ArchitectureTest {
  private static final Path ROOT = Path.of(System.getProperty("raiju.root"));

  private static List<Path> sources(String within) throws IOException {
    try (Stream<Path> all = Files.walk(ROOT.resolve(within))) {
      return all.filter(file -> file.toString().endsWith(".java") && file.toString().contains("src/main/java")).toList();
    }
  }

  /// The names of the files in which the pattern is found, comments left out.
  private static Set<String> files(String within, String pattern) throws IOException {
    Pattern found = Pattern.compile(pattern);
    Set<String> names = new TreeSet<>();
    for (Path source : sources(within)) {
      String code = Pattern.compile("//.*").matcher(Files.readString(source)).replaceAll("");
      if (found.matcher(code).find()) names.add(source.getFileName().toString());
    }
    return names;
  }

  @Test
  void oneClassWritesFiles() throws Exception {
    assertTrue(sources(".").size() > 60);
    // ffmpeg needs a file to write to, the command writes to descriptors that are open, conformance maps a sparse file, and the
    // kernel is told to look for a new peak of memory by a word to a file that is none
    assertEquals(Set.of("FarPlaces.java", "FfmpegWriter.java", "Raiju.java", "Resident.java", "SystemDisk.java"), files(".",
        "StandardOpenOption\\.(WRITE|CREATE|APPEND|TRUNCATE)|FileOutputStream|"
            + "FileWriter|RandomAccessFile|Files\\.(write|newOutputStream|newBufferedWriter|newByteChannel|copy|move|delete|create)"));
  }

  @Test
  void sizesFromFilesAreComputedInOnePlace() throws Exception {
    assertEquals(Set.of("Sizes.java"), files("tensor/src/main/java/dev/raiju/tensor/io", "multiplyExact|addExact"));
    Set<String> readers = Set.of("SafeTensorsHeader.java", "SafeTensors.java", "ShardIndex.java", "ShardedSafeTensors.java",
        "GgufHeader.java", "Gguf.java", "TorchContents.java", "TorchZip.java");
    Set<String> multiplying = files("tensor/src/main/java/dev/raiju/tensor/io", "\\w\\)? (\\*|<<) \\(?\\w");
    assertTrue(multiplying.contains("JsonTree.java"), "the pattern finds nothing");
    multiplying.retainAll(readers);
    assertEquals(Set.of(), multiplying);
  }

  @Test
  void noCodeIsChosenByTheContentsOfAFile() throws Exception {
    assertEquals(Set.of(), files("tensor/src/main/java/dev/raiju/tensor/io",
        "ObjectInputStream|Class\\.forName|getDeclaredMethod|newInstance|sun\\.misc\\.Unsafe|ScriptEngine"));
  }
}

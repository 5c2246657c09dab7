package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Every test method that was compiled is named in a report of the same build. A class whose name the build does not look for,
/// or an engine that is not there, would otherwise drop out without a word: jqwik's properties above all.
final class EveryTestRanTest {
  private static final String EXCLUDED = System.getProperty("raiju.test.excluded", "");

  @Test
  void everyTestMethodIsInAReport() throws IOException {
    Map<String, ClassModel> classes = compiledClasses();
    List<String> missing = new ArrayList<>();
    int properties = 0;
    for (Path module : Tree.modules()) {
      // the reports of this module come after this test
      if (module.endsWith(".build/checks")) continue;
      Reports reports = Reports.of(module.resolve("target/surefire-reports"));
      for (Path file : classFiles(module.resolve("target/test-classes"))) {
        for (TestMethod test : TestMethod.of(ClassFile.of().parse(file), classes)) {
          if (test.tags().contains(EXCLUDED)) continue;
          if (test.property()) properties++;
          if (!reports.have(test, Files.getLastModifiedTime(file)))
            missing.add(Tree.ROOT.relativize(module) + ": " + test.type() + "." + test.name());
        }
      }
    }
    assertEquals(List.of(), missing, "tests that did not run since they were compiled");
    assertFalse(properties == 0, "no property was found: this test has become blind");
  }

  /// By internal name.
  private static Map<String, ClassModel> compiledClasses() throws IOException {
    Map<String, ClassModel> classes = new HashMap<>();
    for (Path module : Tree.modules()) {
      for (String folder : List.of("target/classes", "target/test-classes")) {
        for (Path file : classFiles(module.resolve(folder))) {
          ClassModel model = ClassFile.of().parse(file);
          classes.put(model.thisClass().asInternalName(), model);
        }
      }
    }
    return classes;
  }

  private static List<Path> classFiles(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) return List.of();
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".class") && !file.endsWith("module-info.class")).sorted().toList();
    }
  }
}

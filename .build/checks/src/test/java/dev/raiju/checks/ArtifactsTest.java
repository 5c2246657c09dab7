package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/// What is installed for users.
final class ArtifactsTest {
  @Test
  void theBomListsEveryLibrary() {
    List<String> listed = Tree.all(Tree.read(Tree.ROOT.resolve("bom/pom.xml")), "<artifactId>(raiju-.*?)</artifactId>")
        .filter(artifact -> !artifact.equals("raiju-bom")).sorted().toList();
    assertEquals(Tree.libraries().stream().map(Tree::artifact).sorted().toList(), listed);
  }

  @Test
  void everyJarCarriesLicenceAndNotice() throws IOException {
    for (Path module : Tree.libraries()) {
      try (JarFile jar = new JarFile(Tree.jar(module).toFile())) {
        for (String name : List.of("LICENSE", "NOTICE")) {
          ZipEntry entry = jar.getEntry("META-INF/" + name);
          assertNotNull(entry, () -> module + ": " + name);
          assertEquals(Tree.read(Tree.ROOT.resolve(name)), new String(jar.getInputStream(entry).readAllBytes(),
              java.nio.charset.StandardCharsets.UTF_8));
        }
      }
    }
  }

  @Test
  void everyJarIsAModuleOfThisVersionAndNoPackageIsSplit() {
    Map<String, String> owners = new HashMap<>();
    for (Path module : Tree.libraries()) {
      var descriptor = ModuleFinder.of(Tree.jar(module)).findAll().iterator().next().descriptor();
      assertEquals(Tree.VERSION, descriptor.rawVersion().orElse("none"), descriptor::name);
      for (String name : descriptor.packages()) {
        String other = owners.put(name, descriptor.name());
        assertEquals(null, other, () -> name + " is in two modules");
      }
    }
  }
}

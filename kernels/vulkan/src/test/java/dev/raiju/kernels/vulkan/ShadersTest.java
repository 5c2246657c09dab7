package dev.raiju.kernels.vulkan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The SPIR-V that ships is that of the sources. After a change of a shader, run this with `-Draiju.vulkan.write=true`.
class ShadersTest {
  private static final String WRITE = "raiju.vulkan.write";
  private static final String MANIFEST = "shaders.txt";
  private static final Path RESOURCES = ShaderCompiler.SOURCES.resolve("../resources/dev/raiju/kernels/vulkan").normalize();

  @BeforeAll
  static void writeIfAsked() throws Exception {
    if (!Boolean.getBoolean(WRITE)) return;
    StringBuilder manifest = new StringBuilder();
    for (Shader shader : Shader.values()) {
      Files.write(RESOURCES.resolve(shader.file() + ".spv"), ShaderCompiler.compile(shader));
      manifest.append(shader.file()).append(' ').append(ShaderCompiler.hash(shader)).append('\n');
    }
    Files.writeString(RESOURCES.resolve(MANIFEST), manifest);
  }

  private static Map<String, String> manifest() throws IOException {
    try (InputStream in = Shader.class.getResourceAsStream(MANIFEST)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(line -> line.split(" ")).collect(Collectors.toMap(line -> line[0], line -> line[1], (a, _) -> a,
          TreeMap::new));
    }
  }

  @Test
  void everySourceHasItsHashInTheManifest() throws Exception {
    Map<String, String> expected = new TreeMap<>();
    for (Shader shader : Shader.values()) expected.put(shader.file(), ShaderCompiler.hash(shader));
    assertEquals(expected, manifest(), "run this test with -D" + WRITE + "=true");
  }

  @Test
  void everySourceFileIsAShader() throws Exception {
    try (Stream<Path> files = Files.list(ShaderCompiler.SOURCES)) {
      List<String> names = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".comp")).sorted()
          .toList();
      assertEquals(Arrays.stream(Shader.values()).map(shader -> shader.file() + ".comp").toList(), names);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theCompilerGivesTheSameCode(Shader shader) throws Exception {
    assertArrayEquals(shader.code(), ShaderCompiler.compile(shader), "run this test with -D" + WRITE + "=true");
  }

  /// A kernel that is numbered in Java is one that the source has, and the host launches.
  @Test
  void everyKernelIsInItsSourceAndLaunchedBySomebody() throws Exception {
    StringBuilder host = new StringBuilder();
    try (Stream<Path> files = Files.list(ShaderCompiler.SOURCES.resolve("../../../../gpu/src/main/java/dev/raiju/kernels/gpu"))) {
      for (Path file : files.toList()) host.append(Files.readString(file));
    }
    for (Shader shader : Shader.values()) {
      String source = Files.readString(ShaderCompiler.SOURCES.resolve(shader.file() + ".comp"));
      long named = shader.kernels().stream().filter(kernel -> source.contains(kernel.toUpperCase(Locale.ROOT))).count();
      // what is none of the others needs no name
      assertTrue(named >= shader.kernels().size() - 1, shader::file);
      for (String kernel : shader.kernels()) assertTrue(host.toString().contains("\"" + kernel), kernel);
    }
  }

  @Test
  void findsKernelsByTheirNames() {
    assertEquals(new Shader.Choice(Shader.NORMS, 2, 2), Shader.find("norms", "rms_norm_bf16"));
    assertEquals(new Shader.Choice(Shader.MOVES, 0, 0), Shader.find("moves", "copy"));
    var e = assertThrows(IllegalArgumentException.class, () -> Shader.find("moves", "copy_f64"));
    assertEquals("vulkan: no kernel copy_f64 in moves", e.getMessage());
  }
}

package dev.raiju.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// Another program, run to its end.
///
/// @param out what it printed on standard output
/// @param err and on standard error
record Program(int status, String out, String err) {
  static Program run(Path folder, Map<String, String> environment, List<String> command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectInput(ProcessBuilder.Redirect.from(
          Path.of("/dev/null").toFile()));
      builder.environment().putAll(environment);
      return finished(builder.start());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// With these variables and no others.
  static Program runAlone(Path folder, Map<String, String> environment, List<String> command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
      builder.environment().clear();
      builder.environment().putAll(environment);
      return finished(builder.start());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Program finished(Process process) {
    CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> all(process.getErrorStream()));
    String out = all(process.getInputStream());
    return new Program(process.onExit().join().exitValue(), out, err.join());
  }

  private static String all(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// This program, if it ended well.
  Program succeeded() {
    assertEquals(0, status, () -> out + err);
    return this;
  }
}

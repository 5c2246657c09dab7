package dev.raiju.kernels.vulkan;

import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Where compiled pipelines are kept between runs: a file for each device, driver and state of the shaders. A file that cannot be read
/// or written costs the time to compile, and nothing else.
record PipelineFile(Path path) {
  /// @param candidate of which the driver's own name for what it compiles is taken
  static PipelineFile in(Path folder, Candidate candidate) {
    return new PipelineFile(folder.resolve(candidate.cacheUuid() + "-" + shaders() + ".pipelines"));
  }

  private static String shaders() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Shader shader : Shader.values()) digest.update(shader.code());
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /// What was kept, or nothing.
  byte[] read() {
    try {
      return Files.exists(path) ? Files.readAllBytes(path) : new byte[0];
    } catch (IOException e) {
      return new byte[0];
    }
  }

  void write(byte[] data) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) Durable.system().makeDirectory(folder);
    Durable.system().write(path, data);
  }
}

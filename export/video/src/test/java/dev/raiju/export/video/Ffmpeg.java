package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// The decoder that had no part in the encoding.
final class Ffmpeg {
  private Ffmpeg() {}

  /// Skips the test where a program is missing.
  static void assumePresent(String program) {
    boolean present;
    try {
      present = new ProcessBuilder(program, "-version").redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor() == 0;
    } catch (IOException e) {
      present = false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    Assumptions.assumeTrue(present, program + " is not on the PATH");
  }

  /// All frames by ffmpeg with its own choice of colours; any complaint fails the test.
  static Clip decode(Path file, int width, int height) throws IOException {
    byte[] pixels = run("ffmpeg", "-v", "warning", "-xerror", "-i", file.toString(), "-f", "rawvideo", "-pix_fmt", "rgb24", "-");
    List<byte[]> frames = new ArrayList<>();
    int bytes = 3 * width * height;
    for (int at = 0; at < pixels.length; at += bytes) frames.add(Arrays.copyOfRange(pixels, at, at + bytes));
    return Clip.ofRgb(frames, width, height, 16);
  }

  /// What ffprobe says of the only stream, as `name=value` lines.
  static List<String> probe(Path file, String entries) throws IOException {
    byte[] said = run("ffprobe", "-v", "warning", "-show_entries", entries, "-of", "default=noprint_wrappers=1", "-count_frames",
        file.toString());
    return new String(said, StandardCharsets.UTF_8).lines().toList();
  }

  private static byte[] run(String... command) throws IOException {
    Path complaints = Path.of("target", "complaints-" + ProcessHandle.current().pid() + ".txt");
    Process process = new ProcessBuilder(command).redirectError(complaints.toFile()).start();
    byte[] output = process.getInputStream().readAllBytes();
    try {
      int code = process.waitFor();
      String said = Files.readString(complaints);
      if (code != 0 || !said.isEmpty()) throw new AssertionError(command[0] + ": exit code " + code + ": " + said);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      Files.deleteIfExists(complaints);
    }
    return output;
  }
}

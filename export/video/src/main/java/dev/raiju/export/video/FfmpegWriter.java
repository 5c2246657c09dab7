package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import dev.raiju.models.pipeline.Enlarge;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// MP4 by the ffmpeg program, for smaller files than [Mp4Writer] makes. Used only where it is named:
/// `clip.save(file, new FfmpegWriter())`. Colours, size and layout are as those of [Mp4Writer].
public final class FfmpegWriter implements ClipWriter {
  private final String program;

  /// The `ffmpeg` on the search path.
  public FfmpegWriter() { this("ffmpeg"); }

  /// An ffmpeg of one's own choice: a name on the search path, or a path.
  public FfmpegWriter(String program) { this.program = program; }

  @Override
  public String extension() { return "mp4"; }

  /// @throws FfmpegException if the program is missing or fails; the message says what it said
  @Override
  public void write(Clip clip, OutputStream out) throws IOException {
    // an index in front of the pictures needs a file: ffmpeg goes back to write it
    Path folder = Files.createTempDirectory("raiju-ffmpeg");
    Path result = folder.resolve("clip.mp4");
    Path log = folder.resolve("log");
    try {
      run(EvenSides.of(Enlarge.forViewing(clip)), result, log);
      Files.copy(result, out);
    } finally {
      Files.deleteIfExists(result);
      Files.deleteIfExists(log);
      Files.delete(folder);
    }
  }

  private void run(Clip clip, Path result, Path log) throws IOException {
    Process process = start(clip, result, log);
    try {
      Optional<IOException> broken = feed(clip, process);
      int code = process.waitFor();
      if (code != 0 || broken.isPresent()) {
        // how the pipe broke says nothing to a person: what matters is why it stopped reading
        String outcome = code != 0 ? "exit code " + code : "ended before it had all frames";
        throw new FfmpegException(FfmpegException.Reason.FAILED, outcome + ": " + lastLine(log), broken.orElse(null));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FfmpegException(FfmpegException.Reason.FAILED, "interrupted while it ran", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(Clip clip, Path result, Path log) throws FfmpegException {
    ProcessBuilder builder = new ProcessBuilder(command(clip, result)).redirectErrorStream(true).redirectOutput(log.toFile());
    try {
      return builder.start();
    } catch (IOException e) {
      throw new FfmpegException(FfmpegException.Reason.NOT_FOUND,
          "cannot start " + program + "; install it, or leave the choice of ffmpeg out: the built-in encoder needs no program",
          e);
    }
  }

  private List<String> command(Clip clip, Path result) {
    return List.of(program, "-v", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", clip.width() + "x" + clip
        .height(),
        "-r", Integer.toString(clip.framesPerSecond()), "-i", "pipe:0", "-vf",
        "scale=out_color_matrix=bt601:out_range=tv:flags=area+accurate_rnd+full_chroma_inp", "-c:v",
        "libx264", "-crf", "12", "-pix_fmt", "yuv420p", "-colorspace", "smpte170m", "-color_primaries", "bt709", "-color_trc",
        "iec61966-2-1", "-color_range", "tv", "-movflags", "+faststart", "-y", result.toString());
  }

  /// Writes all pixels, or tells why not: if it stopped reading, its own words say more than a broken pipe.
  private static Optional<IOException> feed(Clip clip, Process process) {
    try (OutputStream pixels = process.getOutputStream()) {
      for (int t = 0; t < clip.frames(); t++) pixels.write(clip.frame(t));
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    }
  }

  private static String lastLine(Path log) throws IOException {
    return Files.readString(log, StandardCharsets.UTF_8).strip().lines().reduce("no message", (before, line) -> line);
  }
}

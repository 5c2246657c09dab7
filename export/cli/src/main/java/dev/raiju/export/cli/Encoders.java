package dev.raiju.export.cli;

import dev.raiju.export.video.FfmpegWriter;
import dev.raiju.models.pipeline.ClipWriter;
import java.io.File;
import java.nio.file.Path;

/// Who writes a clip's file: our own writers, or ffmpeg for those who ask for it.
final class Encoders {
  /// As sidecars call our own writers.
  static final String OWN = "raiju";
  /// As sidecars call the ffmpeg program.
  static final String FFMPEG = "ffmpeg";

  private Encoders() {}

  /// The writer for a file.
  ///
  /// @throws IllegalArgumentException if there is none for its extension
  static ClipWriter find(Path file, String encoder) {
    if (!encoder.equals(FFMPEG)) return ClipWriter.forFile(file);
    ClipWriter ffmpeg = new FfmpegWriter();
    if (!ClipWriter.extensionOf(file).equals(ffmpeg.extension())) {
      throw UserError.usage("--ffmpeg writes ." + ffmpeg.extension() + " files; got " + file);
    }
    return ffmpeg;
  }

  /// Refuses a program that is not there, before any work.
  static void requireInstalled(String encoder) {
    if (!encoder.equals(FFMPEG)) return;
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (new File(folder, FFMPEG).canExecute() || new File(folder, FFMPEG + ".exe").canExecute()) return;
    }
    throw UserError.of(
        "--ffmpeg: there is no ffmpeg on the PATH; install it, or leave the option out: our own encoder needs none");
  }
}

package dev.raiju.export.cli;

import dev.raiju.export.video.FfmpegWriter;
import dev.raiju.models.pipeline.ClipWriter;
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
}

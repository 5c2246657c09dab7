package dev.raiju.export.video;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// ffmpeg was asked for and did not write the file.
public final class FfmpegException extends IOException {
  private static final long serialVersionUID = 1;

  private final Reason reason;

  FfmpegException(Reason reason, String problem, @Nullable Throwable cause) {
    super("ffmpeg: " + problem, cause);
    this.reason = reason;
  }

  public Reason reason() { return reason; }

  /// What kept it from writing.
  public enum Reason {
    /// There is no such program.
    NOT_FOUND,
    /// It ran and reported an error.
    FAILED
  }
}

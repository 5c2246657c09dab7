package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipReader;
import dev.raiju.models.pipeline.ClipWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/// Reads GIF and PNG by the JDK, H.264 in MP4 by JCodec, and everything else by the ffmpeg on the search path. Without ffmpeg, the
/// message names the codec that it would be needed for.
public final class MediaReader implements ClipReader {
  private static final Set<String> STILL = Set.of("png", "jpg", "jpeg", "bmp");
  private static final Set<String> BOXES = Set.of("mp4", "m4v", "mov");
  private static final Set<String> OTHERS = Set.of("webm", "mkv", "avi", "webp", "apng", "mpg", "mpeg", "ogv");

  private final FfmpegReader others;

  /// With the `ffmpeg` on the search path.
  public MediaReader() { this("ffmpeg"); }

  /// With an ffmpeg of one's own choice: a name on the search path, or a path.
  public MediaReader(String ffmpeg) { this.others = new FfmpegReader(ffmpeg); }

  @Override
  public boolean reads(String extension) {
    return extension.equals("gif") || STILL.contains(extension) || BOXES.contains(extension) || OTHERS.contains(extension);
  }

  @Override
  public Clip read(Path file) throws IOException {
    String extension = ClipWriter.extensionOf(file);
    if (extension.equals("gif")) return GifFile.read(file);
    if (STILL.contains(extension)) return GifFile.still(file);
    if (!BOXES.contains(extension)) return others.read(file, extension);
    String codec = AvcFile.codec(file);
    return codec.equals("avc1") ? AvcFile.read(file) : others.read(file, codec);
  }
}

package dev.raiju.models.pipeline;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ServiceLoader;

/// Reads clips that others made, to learn from them.
///
/// Found by `ServiceLoader`: a module provides it, and `META-INF/services` names it for the class path. A reader is used from several
/// threads at once.
public interface ClipReader {
  /// Whether files with this extension, in lower case and without the dot, are tried.
  boolean reads(String extension);

  /// Reads a whole file; a still image is a clip of one frame.
  ///
  /// @throws IOException if it is damaged, or of a codec that cannot be read; the message names the file and the codec
  Clip read(Path file) throws IOException;

  /// The reader for files that end like this one.
  ///
  /// @throws IllegalArgumentException if none is installed
  static ClipReader forFile(Path file) {
    String extension = ClipWriter.extensionOf(file);
    for (ClipReader reader : ServiceLoader.load(ClipReader.class, ClipReader.class.getClassLoader())) {
      if (reader.reads(extension)) return reader;
    }
    throw new IllegalArgumentException("clip: no reader for files ending in ." + extension + ", such as " + file
        + "; .gif, .png, .mp4 and more come with module dev.raiju.export.video (artifact raiju-video)");
  }
}

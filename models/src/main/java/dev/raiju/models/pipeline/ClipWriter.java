package dev.raiju.models.pipeline;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/// Writes clips in one file format.
///
/// Found by `ServiceLoader`: a module provides it, and `META-INF/services` names it for the class path. A writer is used from
/// several threads at once.
public interface ClipWriter {
  /// The extension of the files, in lower case and without the dot: `"gif"`.
  String extension();

  /// Writes the whole file. Does not close `out`.
  ///
  /// @throws IllegalArgumentException if the format cannot hold this clip; nothing is written then
  void write(Clip clip, OutputStream out) throws IOException;

  /// The writer for files that end like this one.
  ///
  /// @throws IllegalArgumentException if none is installed; the message names those that are
  static ClipWriter forFile(Path file) { return forExtension(extensionOf(file)); }

  /// The writer for files with this extension, given without the dot.
  ///
  /// @throws IllegalArgumentException if none is installed; the message names those that are
  static ClipWriter forExtension(String extension) {
    Map<String, ClipWriter> writers = new TreeMap<>();
    ServiceLoader.load(ClipWriter.class, ClipWriter.class.getClassLoader()).forEach(w -> writers.putIfAbsent(w.extension(), w));
    ClipWriter writer = writers.get(extension.toLowerCase(Locale.ROOT));
    if (writer != null) return writer;
    throw new IllegalArgumentException("clip: no writer for files ending in ." + extension + "; there are ."
        + String.join(" .", writers.keySet())
        + (writers.containsKey("mp4") ? "" : "; .mp4 comes with module dev.raiju.export.video (artifact raiju-video)"));
  }

  /// What follows the last dot of the file's name, in lower case; empty if there is no dot.
  static String extensionOf(Path file) {
    String name = file.toString();
    int dot = name.lastIndexOf('.');
    return dot < 0 || dot < name.lastIndexOf('/') ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
  }
}

package dev.raiju.export.cli;

import dev.raiju.tensor.UnsupportedOpException;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/// What to tell of something that went wrong, in one line.
final class Failure {
  private Failure() {}

  /// The line. Messages of the engine are written for users; what the platform says of files is put into words; everything
  /// else is a mistake of ours and says so.
  static String line(Throwable problem) {
    String message = Optional.ofNullable(problem.getMessage()).orElse("");
    return switch (problem) {
      case NoSuchFileException e -> e.getFile() + ": there is no such file or folder";
      case AccessDeniedException e -> e.getFile() + ": permission denied";
      case NotDirectoryException e -> e.getFile() + ": is no folder";
      case FileSystemException e -> e.getFile() + ": " + Optional.ofNullable(e.getReason()).orElse("cannot be used");
      case CharacterCodingException _ -> "the text is not UTF-8";
      case IOException _ when !message.isEmpty() -> message;
      case IllegalArgumentException _ when !message.isEmpty() -> message;
      case UserError _ -> message;
      case UnsupportedOpException _ -> message;
      case InsufficientMemoryException _ -> message;
      case OutOfMemoryError _ -> "out of Java memory (" + Runtime.getRuntime().maxMemory() / (1 << 20)
          + " MiB); give it more, for example RAIJU_JAVA_OPTIONS=-Xmx4g";
      default -> "internal error: " + problem.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message)
          + "; --debug shows where";
    };
  }

  /// A line without the name of the file that it begins with, for places that say the name themselves.
  static String withoutName(String line, Path file) {
    String name = file + ": ";
    return line.startsWith(name) ? line.substring(name.length()) : line;
  }

  /// Whether it is how an interrupted thread ends its work.
  static boolean isCancellation(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof CancellationException || cause instanceof ClosedByInterruptException
          || cause instanceof InterruptedException) return true;
    }
    return false;
  }
}

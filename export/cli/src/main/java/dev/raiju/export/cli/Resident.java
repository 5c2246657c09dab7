package dev.raiju.export.cli;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// How much physical memory the process takes, as the kernel of Linux counts it: pages of mapped files that are in memory and
/// mapped here included.
///
/// @param bytes now
/// @param mapped of these, pages of files
/// @param peak the most since the last [#restart]
record Resident(long bytes, long mapped, long peak) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String CLEAR = "/proc/self/clear_refs";
  // "reset the peak resident set size", proc(5)
  private static final byte[] PEAK = {'5'};

  /// The counts of now, where the system tells.
  static Optional<Resident> now() {
    try {
      String status = Files.readString(STATUS, StandardCharsets.ISO_8859_1);
      return Optional.of(new Resident(bytes(status, "VmRSS"), bytes(status, "RssFile") + bytes(status, "RssShmem"), bytes(status,
          "VmHWM")));
    } catch (IOException | NumberFormatException e) {
      // another system, which does not count like this
      return Optional.empty();
    }
  }

  private static long bytes(String status, String field) {
    for (String line : status.split("\n")) {
      if (line.startsWith(field + ":")) return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }
    throw new NumberFormatException(field);
  }

  /// Begins to look for a new peak. Whether the system could be told to.
  static boolean restart() {
    try (FileOutputStream out = new FileOutputStream(CLEAR)) {
      out.write(PEAK);
      return true;
    } catch (IOException e) {
      // the peak stays that of the whole run
      return false;
    }
  }
}

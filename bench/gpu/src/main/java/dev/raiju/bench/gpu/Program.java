package dev.raiju.bench.gpu;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A process with a deadline, whose output is read line by line.
final class Program {
  private static final int LAST_LINES = 12;
  private static final int ABSENT = 127;

  private Program() {}

  /// How a process ended.
  ///
  /// @param code its exit status
  /// @param isLate whether it was ended at the deadline
  /// @param last its last lines of both kinds
  record End(int code, boolean isLate, List<String> last) {
    boolean isAbsent() { return code == ABSENT; }

    String text() { return String.join("\n", last); }
  }

  /// Runs a command; whatever it started ends with it.
  ///
  /// @param until in milliseconds since 1970
  /// @param lines hears every line, of both kinds
  static End run(List<String> command, long until, Consumer<String> lines) {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return new End(ABSENT, false, List.of(String.valueOf(e.getMessage())));
    }
    Deque<String> last = new ArrayDeque<>();
    Thread reader = Thread.ofPlatform().start(() -> {
      try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
          synchronized (last) {
            last.add(line);
            if (last.size() > LAST_LINES) last.removeFirst();
          }
          lines.accept(line);
        }
      } catch (IOException e) {
        // it was ended
      }
    });
    try {
      boolean isLate = !process.waitFor(Math.max(0, until - System.currentTimeMillis()), TimeUnit.MILLISECONDS);
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      reader.join(2000);
      synchronized (last) {
        return new End(process.waitFor(), isLate, List.copyOf(last));
      }
    } catch (InterruptedException e) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return new End(ABSENT, true, List.of("interrupted"));
    }
  }
}

package dev.raiju.training.loop;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Started by a test, and killed by it: goes on from the newest state and saves one after the other, and notes in a file what it
/// begins and what it has been promised.
final class SavingLoop {
  static final int ELEMENTS = 1 << 15;

  private SavingLoop() {}

  /// @param arguments the run's directory and the file of notes
  public static void main(String[] arguments) throws Exception {
    Path notes = Path.of(arguments[1]);
    try (RunDirectory run = RunDirectory.open(Path.of(arguments[0]))) {
      long step = SavedStates.newest(run, ELEMENTS);
      if (!run.skipped().isEmpty()) note(notes, "damaged " + run.skipped().size());
      beat();
      while (true) {
        step++;
        note(notes, "begin " + step);
        SavedStates.save(run, step, ELEMENTS);
        note(notes, "saved " + step);
        beat();
      }
    }
  }

  /// Lets the test know that one more state is there, so that it can choose a moment of the next.
  private static void beat() {
    System.out.write(0);
    System.out.flush();
  }

  private static void note(Path notes, String line) throws Exception {
    Files.writeString(notes, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}

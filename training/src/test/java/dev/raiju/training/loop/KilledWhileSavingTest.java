package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.Tape;
import dev.raiju.models.pipeline.Clip;
import dev.raiju.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that saves all the time is killed again and again; whatever it was promised must be there afterwards.
@Tag("slow")
class KilledWhileSavingTest {
  private static final int RUNS = 2;
  private static final int KILLS = 100;
  private static final long EARLY_NANOS = 500_000_000;
  private static final String CLASS_PATH = Stream.of(SavingLoop.class, Trainer.class, Tape.class, Clip.class, Tensor.class).map(
      type -> place(type)).collect(Collectors.joining(File.pathSeparator));

  @TempDir
  Path folder;

  /// @param midway how often something was being written when the kill came
  /// @param saved how many states were promised
  private record Outcome(int midway, long saved) {}

  @Test
  void twoHundredKillsLoseNothing() throws Exception {
    try (ExecutorService both = Executors.newFixedThreadPool(RUNS)) {
      List<Future<Outcome>> outcomes = Stream.iterate(0, i -> i + 1).limit(RUNS).map(i -> both.submit(
          (Callable<Outcome>) () -> killAgainAndAgain(folder.resolve("run" + i), folder.resolve("notes" + i), new Random(i))))
          .toList();
      int midway = 0;
      for (Future<Outcome> outcome : outcomes) {
        midway += outcome.get().midway;
        assertTrue(outcome.get().saved > KILLS / 4, () -> "too few states were saved to prove anything: " + outcome.resultNow());
      }
      System.out.println(RUNS * KILLS + " kills, " + midway + " of them midway: " + outcomes.stream().map(Future::resultNow)
          .toList());
      assertTrue(midway >= 0.3 * RUNS * KILLS, "only " + midway + " kills came while something was being written");
    }
  }

  private static Outcome killAgainAndAgain(Path directory, Path notes, Random random) throws Exception {
    int midway = 0;
    long before = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      kill(directory, notes, random, kill % 4 == 3);
      assertEquals(0, last(notes, "damaged "), "states that the process itself could not read");
      long promised = last(notes, "saved ");
      long begun = last(notes, "begin ");
      if (!Files.exists(directory)) continue;
      if (begun > promised && !Files.exists(directory.resolve(String.format("step-%08d", begun)))) midway++;
      try (RunDirectory run = RunDirectory.open(directory)) {
        long found = SavedStates.newest(run, SavingLoop.ELEMENTS);
        assertEquals(List.of(), run.skipped());
        // a state may be there whose promise the kill came before; the next process goes on from it
        long least = Math.max(promised, before);
        assertTrue(found == least || found == begun, "found " + found + ", promised " + least + ", begun " + begun);
        before = found;
      }
    }
    long saved = last(notes, "saved ");
    try (RunDirectory run = RunDirectory.open(directory)) {
      long next = SavedStates.newest(run, SavingLoop.ELEMENTS) + 1;
      SavedStates.save(run, next, SavingLoop.ELEMENTS);
      List<String> names = SavedStates.names(directory);
      assertEquals(3, names.size(), () -> "the lock and two states, and nothing that a killed process left: " + names);
    }
    return new Outcome(midway, saved);
  }

  /// Starts the process and kills it.
  ///
  /// @param early at any moment from the start of the process to its first state, and not only once it saves
  private static void kill(Path directory, Path notes, Random random, boolean early) throws IOException, InterruptedException {
    Path errors = notes.resolveSibling(notes.getFileName() + ".errors");
    Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m", "--enable-native-access=ALL-UNNAMED", "-cp", CLASS_PATH,
        SavingLoop.class.getName(), directory.toString(), notes.toString()).redirectError(errors.toFile()).start();
    long span = EARLY_NANOS;
    if (!early) {
      // whatever the machine is busy with, a save takes about as long as the one before it
      for (int beats = 2 + random.nextInt(2); beats > 0; beats--) {
        long since = System.nanoTime();
        assertEquals(0, process.getInputStream().read(), () -> "the process ended by itself; it said: " + read(errors));
        span = System.nanoTime() - since;
      }
    }
    process.waitFor(random.nextLong(span), TimeUnit.NANOSECONDS);
    assertTrue(process.isAlive(), () -> "the process ended by itself; it said: " + read(errors));
    process.destroyForcibly().waitFor();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String place(Class<?> type) {
    String file = "/" + type.getName().replace('.', '/') + ".class";
    String whole = type.getResource(file).getPath();
    return whole.substring(0, whole.length() - file.length()).replaceFirst("^file:", "").replaceFirst("!$", "");
  }

  /// The number in the last line that begins so; 0 if there is none.
  private static long last(Path notes, String beginning) throws IOException {
    if (!Files.exists(notes)) return 0;
    return Files.readAllLines(notes).stream().filter(line -> line.startsWith(beginning)).mapToLong(line -> Long.parseLong(line
        .substring(beginning.length()))).reduce(0, (_, number) -> number);
  }
}

package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/// Feeds a reader with many broken inputs and holds it to its promises: each ends with success or [ModelFormatException], within
/// 50 ms and 64 MiB + 4 times the input. Where a second reader is given, both must agree.
final class Fuzz {
  private static final long MILLIS = 50;
  private static final long MEMORY = Resources.FREE_BYTES;
  private static final int BATCH = 100;

  /// A reader: what it makes of the bytes.
  @FunctionalInterface
  interface Reader {
    Object read(byte[] bytes) throws Exception;
  }

  private final String name;
  private final Reader reader;
  private final Reader second;
  // every how many inputs the slower second reader is asked
  private final int every;
  final Set<ModelFormatException.Reason> seen = EnumSet.noneOf(ModelFormatException.Reason.class);
  int accepted;

  /// Without a second reader.
  Fuzz(String name, Reader reader) { this(name, reader, reader, 0); }

  Fuzz(String name, Reader reader, Reader second, int every) {
    this.name = name;
    this.reader = reader;
    this.second = second;
    this.every = every;
  }

  /// Runs on a thread of its own, whose short stack makes exceptions cheap.
  void run(long seed, int count, Function<SplittableRandom, byte[]> inputs) throws Exception {
    FutureTask<List<String>> task = new FutureTask<>((Callable<List<String>>) () -> loop(seed, count, inputs));
    Thread.ofPlatform().start(task);
    assertEquals(List.of(), task.get(), name + ", seed " + seed);
    System.out.printf("%s: %,d mutants, %,d accepted, %d reasons seen%n", name, count, accepted, seen.size());
  }

  private List<String> loop(long seed, int count, Function<SplittableRandom, byte[]> inputs) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    List<String> problems = new ArrayList<>();
    byte[][] batch = new byte[BATCH][];
    for (int n = 0; n < count && problems.size() < 5; n += BATCH) {
      for (int i = 0; i < BATCH; i++) batch[i] = inputs.apply(random);
      long before = Resources.allocatedBytes();
      for (int i = 0; i < BATCH; i++) {
        String problem = problem(batch[i], n + i);
        if (!problem.isEmpty()) problems.add(problem + ": see " + save(batch[i], seed, n + i));
      }
      // as long as all of them together stay below what one may take, there is nothing to look for
      if (Resources.allocatedBytes() - before > MEMORY) {
        for (int i = 0; i < BATCH; i++) {
          long start = Resources.allocatedBytes();
          problem(batch[i], n + i);
          long bytes = Resources.allocatedBytes() - start;
          if (bytes > MEMORY + 4L * batch[i].length) problems.add(bytes + " bytes allocated: see " + save(batch[i], seed, n + i));
        }
      }
    }
    return problems;
  }

  private String problem(byte[] input, int n) throws Exception {
    long start = System.nanoTime();
    Object value = outcome(reader, input);
    if (millis(System.nanoTime() - start) > MILLIS) {
      // it may have been the machine: only what this thread computes counts
      long computed = Resources.cpuNanos();
      outcome(reader, input);
      long millis = millis(Resources.cpuNanos() - computed);
      if (millis > MILLIS) return "takes " + millis + " ms";
    }
    boolean refused = value instanceof ModelFormatException || value instanceof StrictChecker.Refused;
    if (value instanceof Throwable && !refused) return "throws " + value;
    if (value instanceof ModelFormatException e) seen.add(e.reason());
    else
      accepted++;
    if (every == 0 || n % every != 0) return "";
    Object other = outcome(second, input);
    boolean agree = refused ? other instanceof StrictChecker.Refused : value.equals(other);
    return agree ? "" : "readers differ: " + value + " and " + other;
  }

  private static Object outcome(Reader reader, byte[] input) {
    try {
      return reader.read(input);
    } catch (Throwable e) {
      return e;
    }
  }

  private static long millis(long nanos) { return nanos / 1_000_000; }

  private Path save(byte[] input, long seed, int n) throws IOException {
    Path directory = Files.createDirectories(Path.of("target", "fuzz"));
    return Files.write(directory.resolve(name + "-" + seed + "-" + n + ".bin"), input);
  }

  /// One of the fixtures with a few bytes changed, put in, left out, repeated, or taken from another one.
  static Function<SplittableRandom, byte[]> byteMutants(List<byte[]> fixtures) {
    return random -> {
      byte[] bytes = fixtures.get(random.nextInt(fixtures.size())).clone();
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        int at = random.nextInt(bytes.length + 1);
        int length = Math.min(1 + random.nextInt(16), bytes.length - at);
        switch (random.nextInt(8)) {
          case 0, 1 -> {
            if (length > 0) bytes[at] ^= (byte) (1 << random.nextInt(8));
          }
          case 2, 3 -> {
            if (length > 0) bytes[at] = INTERESTING[random.nextInt(INTERESTING.length)];
          }
          case 4 -> bytes = spliced(bytes, at, length, new byte[0], 0, 0);
          case 5 -> bytes = spliced(bytes, at, 0, bytes, at, length);
          case 6 -> {
            byte[] other = fixtures.get(random.nextInt(fixtures.size()));
            int from = random.nextInt(other.length);
            bytes = spliced(bytes, at, length, other, from, Math.min(length, other.length - from));
          }
          default -> {
            if (random.nextInt(4) == 0) bytes = Arrays.copyOf(bytes, at);
          }
        }
      }
      return bytes;
    };
  }

  private static final byte[] INTERESTING = Fixtures.latin(
      "\0\1\t\n \"\\{}[]:,-+.0189eEtfnu\u007f\u0080\u00c0\u00ed\u00f5\u00ff");

  /// `bytes` with `count` bytes at `at` replaced by some of `other`.
  private static byte[] spliced(byte[] bytes, int at, int count, byte[] other, int from, int length) {
    byte[] result = new byte[bytes.length - count + length];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(other, from, result, at, length);
    System.arraycopy(bytes, at + count, result, at + length, bytes.length - at - count);
    return result;
  }
}

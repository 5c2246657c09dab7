package dev.raiju.bench;

import dev.raiju.kernels.cpu.emit.PeakLoops;
import dev.raiju.tensor.io.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// The most that this machine can do, measured: multiply-adds on registers, and long arrays read and copied.
///
/// @param flops operations a second, by what is multiplied; what the processor has no instruction for is not there
/// @param readBytes bytes a second
/// @param copyBytes bytes a second, those read and those written
record Limits(Map<PeakLoops.Kind, Double> flops, double readBytes, double copyBytes) {
  private static final long ROUNDS = 200_000;
  private static final int TRIES = 20;
  // together larger than any cache
  private static final int WORDS = 1 << 24;
  // 4 MiB: short enough that other work leaves many of them alone
  private static final int SLICE = 1 << 19;

  /// Measures with some threads at once. What is fastest counts, since other work can only slow: the best loop, and of memory the
  /// best tenth of many slices.
  static Limits measure(int threads) {
    PeakLoops loops = PeakLoops.here();
    Map<PeakLoops.Kind, Double> flops = new EnumMap<>(PeakLoops.Kind.class);
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      for (PeakLoops.Kind kind : PeakLoops.Kind.values()) {
        if (!loops.have(kind)) continue;
        double seconds = each(workers, threads, _ -> times(TRIES, _ -> loops.run(kind, ROUNDS)).getFirst());
        flops.put(kind, threads * PeakLoops.operations(kind, ROUNDS) / seconds);
      }
      double read = each(workers, threads, _ -> tenth(Limits::readSlices));
      double copy = each(workers, threads, _ -> tenth(Limits::copySlices));
      double bytes = (double) Long.BYTES * SLICE * threads;
      return new Limits(flops, bytes / read, 2 * bytes / copy);
    }
  }

  /// What a thread measures, in seconds.
  private interface Part {
    double seconds(int thread);
  }

  /// The slowest of several threads that measure at once.
  private static double each(ExecutorService workers, int threads, Part part) {
    List<Future<Double>> all = IntStream.range(0, threads).mapToObj(t -> workers.submit(() -> part.seconds(t))).toList();
    double slowest = 0;
    for (Future<Double> seconds : all) {
      try {
        slowest = Math.max(slowest, seconds.get());
      } catch (InterruptedException | ExecutionException e) {
        throw new IllegalStateException("limits: a loop failed: " + e.getMessage(), e);
      }
    }
    return slowest;
  }

  /// The seconds of `count` runs, shortest first.
  private static List<Double> times(int count, IntConsumer run) {
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long begun = System.nanoTime();
      run.accept(i);
      times.add((System.nanoTime() - begun) * 1e-9);
    }
    Collections.sort(times);
    return times;
  }

  /// What one slice in ten takes less than, in the better of two passes: the first is compiled on the way.
  private static double tenth(Supplier<List<Double>> slices) { return Math.min(tenth(slices.get()), tenth(slices.get())); }

  private static double tenth(List<Double> sorted) { return sorted.get(sorted.size() / 10); }

  private static List<Double> readSlices() {
    long[] array = filled();
    long[] sum = new long[1];
    List<Double> times = times(4 * WORDS / SLICE, i -> sum[0] += sum(array, i % (WORDS / SLICE) * SLICE));
    if (sum[0] != 4L * WORDS) throw new IllegalStateException("limits: read " + sum[0] + " ones of " + 4L * WORDS);
    return times;
  }

  private static List<Double> copySlices() {
    long[] from = filled();
    long[] to = filled();
    return times(4 * WORDS / SLICE, i -> System.arraycopy(from, i % (WORDS / SLICE) * SLICE, to, i % (WORDS / SLICE) * SLICE,
        SLICE));
  }

  /// Pages are mapped by the first write.
  private static long[] filled() {
    long[] array = new long[WORDS];
    Arrays.fill(array, 1);
    return array;
  }

  private static long sum(long[] values, int first) {
    long sum = 0;
    for (int i = first; i < first + SLICE; i++) sum += values[i];
    return sum;
  }

  /// As a member of results, in units of 10^9.
  Json.Obj json() {
    Json.Obj json = Json.object();
    for (var entry : flops.entrySet()) {
      json = json.with(entry.getKey().name().toLowerCase(Locale.ROOT) + "_gflops", Numbers.rounded(entry.getValue() / 1e9, 1));
    }
    return json.with("read_gbps", Numbers.rounded(readBytes / 1e9, 1)).with("copy_gbps", Numbers.rounded(copyBytes / 1e9, 1));
  }
}

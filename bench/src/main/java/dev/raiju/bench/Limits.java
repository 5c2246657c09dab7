package dev.raiju.bench;

import dev.raiju.kernels.cpu.emit.PeakLoops;
import dev.raiju.tensor.io.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/// The most that this machine can do, measured: multiply-adds on registers, and memory read and copied by long arrays.
///
/// @param flops operations a second, by what is multiplied; what the processor has no instruction for is not there
/// @param readBytes bytes a second
/// @param copyBytes bytes a second, those read and those written
record Limits(Map<PeakLoops.Kind, Double> flops, double readBytes, double copyBytes) {
  private static final long ROUNDS = 200_000;
  private static final int TRIES = 20;
  // larger than any cache
  private static final int WORDS = 1 << 24;

  /// Measures with some threads at once. The best of several tries counts: other work can only slow them.
  static Limits measure(int threads) {
    PeakLoops loops = PeakLoops.here();
    Map<PeakLoops.Kind, Double> flops = new EnumMap<>(PeakLoops.Kind.class);
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      for (PeakLoops.Kind kind : PeakLoops.Kind.values()) {
        if (!loops.have(kind)) continue;
        double seconds = best(workers, threads, _ -> loops.run(kind, ROUNDS));
        flops.put(kind, threads * PeakLoops.operations(kind, ROUNDS) / seconds);
      }
      List<long[]> arrays = IntStream.range(0, 2 * threads).mapToObj(_ -> new long[WORDS / threads]).toList();
      // pages are mapped by the first write
      arrays.forEach(array -> Arrays.fill(array, 1));
      long[] sums = new long[8 * threads];
      double read = best(workers, threads, i -> sums[8 * i] += sum(arrays.get(i)));
      double copy = best(workers, threads, i -> System.arraycopy(arrays.get(i), 0, arrays.get(threads + i), 0, WORDS / threads));
      double bytes = 8.0 * (WORDS / threads) * threads;
      return new Limits(flops, bytes / read, 2 * bytes / copy);
    }
  }

  private interface Part {
    void run(int thread);
  }

  /// The shortest of several runs, in seconds.
  private static double best(ExecutorService workers, int threads, Part part) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < TRIES; i++) {
      List<Callable<Void>> parts = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        parts.add(() -> {
          part.run(thread);
          return null;
        });
      }
      long begun = System.nanoTime();
      try {
        for (Future<Void> done : workers.invokeAll(parts)) done.get();
      } catch (InterruptedException | ExecutionException e) {
        throw new IllegalStateException("limits: a loop failed: " + e.getMessage(), e);
      }
      best = Math.min(best, System.nanoTime() - begun);
    }
    return best * 1e-9;
  }

  private static long sum(long[] values) {
    long sum = 0;
    for (long value : values) sum += value;
    return sum;
  }

  /// As a member of results, in units of 10^9.
  Json.Obj json() {
    Json.Obj json = Json.object();
    for (var entry : flops.entrySet()) {
      json = json.with(entry.getKey().name().toLowerCase(java.util.Locale.ROOT) + "_gflops", Numbers.rounded(entry.getValue()
          / 1e9, 1));
    }
    return json.with("read_gbps", Numbers.rounded(readBytes / 1e9, 1)).with("copy_gbps", Numbers.rounded(copyBytes / 1e9, 1));
  }
}

package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Loops;

/// What kernels compute with: threads, and loops for one thread.
record Processor(WorkerPool pool, Loops loops) {
  /// Elements that one thread takes at a time: enough to pay for handing them out, few enough to share evenly.
  static final int GRAIN = 1 << 14;

  /// A part of a loop, from `begin` to `end`, exclusive.
  @FunctionalInterface
  interface Part {
    void run(long begin, long end);
  }

  /// Runs a loop over `count` items, each of `weight` elements, in parts whose size depends on these alone.
  void split(long count, long weight, Part part) {
    long size = Math.max(1, GRAIN / Math.max(1, weight));
    if (count <= size) {
      if (count > 0) part.run(0, count);
      return;
    }
    int parts = Math.toIntExact((count + size - 1) / size);
    pool.run(parts, i -> part.run(i * size, Math.min(count, (i + 1) * size)));
  }
}

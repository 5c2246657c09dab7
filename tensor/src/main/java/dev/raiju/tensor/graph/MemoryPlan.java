package dev.raiju.tensor.graph;

import dev.raiju.tensor.backend.BlockPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Places in one block of memory for things that are needed at different times: two that are needed at the same time do not
/// overlap.
///
/// One after the other, each as low as the ones before it allow: the largest first, or those of the most crowded time, or those
/// that stay longest, whichever order gives the smallest block. Pisarchyk and Lee 2020, arXiv:2001.03288.
///
/// @param offsets of the things, in bytes, in the order in which they were given
/// @param bytes of the block
/// @param leastBytes the most that is needed at one time: no placement takes less
/// @param sumBytes of all things together, what it would take without sharing
public record MemoryPlan(List<Long> offsets, long bytes, long leastBytes, long sumBytes) {
  public MemoryPlan { offsets = List.copyOf(offsets); }

  /// A thing to place.
  ///
  /// @param bytes its size
  /// @param first the first time at which it is needed
  /// @param last the last time, not before the first
  record Life(long bytes, int first, int last) {
    Life {
      if (first > last) throw new IllegalArgumentException("memory plan: needed from " + first + " to " + last);
    }

    private long footprint() { return (bytes + BlockPool.ALIGNMENT - 1) & -BlockPool.ALIGNMENT; }

    /// The most bytes that are needed at one time of this life.
    private long crowd(long[] live) { return Arrays.stream(live, first, last + 1).max().orElse(0); }

    private boolean meets(Life other) { return first <= other.last && other.first <= last; }
  }

  static MemoryPlan of(List<Life> lives) {
    long[] live = live(lives);
    Comparator<Life> bySize = Comparator.comparingLong(Life::footprint).reversed();
    Comparator<Life> byTime = Comparator.comparingInt((Life life) -> life.last - life.first).reversed();
    Comparator<Life> byCrowd = Comparator.comparingLong((Life life) -> life.crowd(live)).reversed();
    // none of them is the best for all graphs, and each takes no time
    return Stream.of(bySize.thenComparing(byTime), byCrowd.thenComparing(bySize), byTime.thenComparing(bySize), byCrowd
        .thenComparing(byTime)).map(order -> of(lives, order, live))
        .min(Comparator.comparingLong(MemoryPlan::bytes)).orElseThrow();
  }

  /// Lives that have their places already.
  static MemoryPlan of(List<Life> lives, List<Long> offsets, long bytes) {
    return new MemoryPlan(offsets, bytes, Arrays.stream(live(lives)).max().orElse(0), sum(lives));
  }

  private static long sum(List<Life> lives) { return lives.stream().mapToLong(Life::footprint).sum(); }

  private static MemoryPlan of(List<Life> lives, Comparator<Life> order, long[] live) {
    Long[] offsets = new Long[lives.size()];
    List<Integer> sorted = IntStream.range(0, offsets.length).boxed().sorted(Comparator.comparing(lives::get, order)).toList();
    List<Integer> placed = new ArrayList<>();
    long bytes = 0;
    for (int i : sorted) {
      Life life = lives.get(i);
      offsets[i] = lowest(life, lives, offsets, placed);
      insert(i, offsets, placed);
      bytes = Math.max(bytes, offsets[i] + life.footprint());
    }
    return new MemoryPlan(List.of(offsets), bytes, Arrays.stream(live).max().orElse(0), sum(lives));
  }

  /// The lowest place that is free for as long as a thing lives.
  ///
  /// @param placed what has a place, by its offset
  private static long lowest(Life life, List<Life> lives, Long[] offsets, List<Integer> placed) {
    long offset = 0;
    for (int other : placed) {
      if (!life.meets(lives.get(other))) continue;
      if (offsets[other] - offset >= life.footprint()) return offset;
      offset = Math.max(offset, offsets[other] + lives.get(other).footprint());
    }
    return offset;
  }

  private static void insert(int i, Long[] offsets, List<Integer> placed) {
    int at = placed.size();
    while (at > 0 && offsets[placed.get(at - 1)] > offsets[i]) at--;
    placed.add(at, i);
  }

  /// How many bytes are needed at each time.
  private static long[] live(List<Life> lives) {
    long[] live = new long[lives.stream().mapToInt(Life::last).max().orElse(0) + 2];
    for (Life life : lives) {
      live[life.first()] += life.footprint();
      live[life.last() + 1] -= life.footprint();
    }
    Arrays.parallelPrefix(live, Long::sum);
    return live;
  }
}

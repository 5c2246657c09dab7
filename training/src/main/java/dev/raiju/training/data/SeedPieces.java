package dev.raiju.training.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The candidates with which training begins.
final class SeedPieces {
  /// Characters of the longest piece.
  static final int LONGEST = 16;

  /// @param count how often it occurs in the corpus, overlaps included
  record Seed(String text, long count) {
    private long covered() { return count * text.codePointCount(0, text.length()); }
  }

  private SeedPieces() {}

  /// Every required character, then the substrings that occur more than once and cover most of the corpus, up to `most` seeds.
  static List<Seed> of(Corpus corpus, Set<Integer> required, int most) {
    Map<String, Long> counts = substrings(corpus);
    List<Seed> seeds = new ArrayList<>();
    required.stream().sorted().map(Character::toString).forEach(text -> seeds.add(new Seed(text, counts.getOrDefault(text, 0L))));
    counts.entrySet().stream().map(entry -> new Seed(entry.getKey(), entry.getValue()))
        .filter(seed -> seed.count > 1 && seed.covered() > seed.count)
        .sorted(Comparator.comparingLong(Seed::covered).reversed().thenComparing(Seed::text)).limit(Math.max(0, most - seeds
            .size()))
        .forEach(seeds::add);
    return seeds;
  }

  private static Map<String, Long> substrings(Corpus corpus) {
    Map<String, Long> counts = new HashMap<>();
    corpus.chunks().forEach((chunk, count) -> {
      int[] offsets = Lattice.offsets(chunk);
      for (int begin = 0; begin < offsets.length - 1; begin++) {
        for (int end = begin + 1; end < Math.min(offsets.length, begin + LONGEST + 1); end++) {
          counts.merge(chunk.substring(offsets[begin], offsets[end]), count, Long::sum);
        }
      }
    });
    return counts;
  }
}

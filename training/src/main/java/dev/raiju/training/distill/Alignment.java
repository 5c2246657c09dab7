package dev.raiju.training.distill;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// Which blocks of a student are compared with which of its teacher: the set S of layers.
///
/// @param every the last block of each so many with the same block of the teacher; where pairs are named, not looked at
/// @param pairs named one by one, as a student with fewer blocks than its teacher needs it; empty for none
public record Alignment(int every, List<Pair> pairs) {
  /// Every block with the same block of the teacher.
  public static final Alignment ALL = new Alignment(1, List.of());

  /// A block of the student and one of the teacher, from 0.
  public record Pair(int student, int teacher) {}

  public Alignment {
    pairs = List.copyOf(pairs);
    if (every < 1) throw new IllegalArgumentException("alignment: every " + every + ". block; needs 1 or more");
    Set<Integer> seen = new HashSet<>();
    for (Pair pair : pairs) {
      if (pair.student() < 0 || pair.teacher() < 0 || !seen.add(pair.student()))
        throw new IllegalArgumentException("alignment: blocks " + pairs + "; needs each block of the student once, from 0");
    }
  }

  /// The last block of each `every`.
  public static Alignment every(int every) { return new Alignment(every, List.of()); }

  /// These blocks, each with the same one of the teacher.
  public static Alignment of(List<Integer> blocks) { return new Alignment(1, blocks.stream().map(i -> new Pair(i, i)).toList()); }

  /// The pairs for models of so many blocks.
  ///
  /// @throws IllegalArgumentException if one has no such block, or both differ in number and no pairs are named
  List<Pair> pairs(int student, int teacher) {
    if (pairs.isEmpty()) {
      if (student != teacher || student < every) {
        throw new IllegalArgumentException("student loss: " + student + " blocks under a teacher of " + teacher
            + "; needs as many, and " + every + " or more, or pairs of blocks");
      }
      return IntStream.range(0, student / every).map(i -> (i + 1) * every - 1).mapToObj(i -> new Pair(i, i)).toList();
    }
    for (Pair pair : pairs) {
      if (pair.student() >= student || pair.teacher() >= teacher)
        throw new IllegalArgumentException("student loss: " + pair + " of " + student + " blocks under a teacher of " + teacher
            + "; needs blocks that are there");
    }
    return pairs;
  }
}

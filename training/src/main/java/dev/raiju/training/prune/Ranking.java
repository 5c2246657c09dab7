package dev.raiju.training.prune;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Indices by their scores.
public final class Ranking {
  private Ranking() {}

  /// All indices, the highest score first; where scores are equal, the lower index first.
  ///
  /// @throws IllegalArgumentException if a score is not a number
  public static List<Integer> falling(double[] scores) {
    for (int i = 0; i < scores.length; i++) {
      if (Double.isNaN(scores[i])) throw new IllegalArgumentException("ranking: score " + i + " of " + scores.length + " is NaN");
    }
    return IntStream.range(0, scores.length).boxed().sorted(Comparator.comparingDouble((Integer i) -> -scores[i])).toList();
  }

  /// The indices of the `count` highest scores, in their natural order.
  ///
  /// @throws IllegalArgumentException if there are not so many scores, or one is not a number
  public static List<Integer> best(double[] scores, int count) {
    if (count < 0 || count > scores.length)
      throw new IllegalArgumentException("ranking: the best " + count + " of " + scores.length + " scores");
    return falling(scores).subList(0, count).stream().sorted().toList();
  }
}

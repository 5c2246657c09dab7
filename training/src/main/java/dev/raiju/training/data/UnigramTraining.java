package dev.raiju.training.data;

import dev.raiju.training.data.SeedPieces.Seed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Candidate pieces on their way to a vocabulary: their probabilities grow to fit the corpus, and the ones least missed go.
final class UnigramTraining {
  // a required character that words have made superfluous keeps this many occurrences, or no other piece could ever need it
  private static final double LEAST_REQUIRED = 1e-6;
  // what an unseen piece is counted as in the end, so that its score is low but not absurd
  private static final double UNSEEN = 0.1;

  private final List<String> texts;
  private final int required;
  // negative infinity for pieces that are gone
  private final double[] scores;
  private double[] expected;
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<Lattice> lattices = new ArrayList<>();
  private final List<Long> weights = new ArrayList<>();
  private final Map<Integer, Lattice> ownLattices = new HashMap<>();

  /// @param required how many of the seeds, from the first, stay in any case
  UnigramTraining(Corpus corpus, List<Seed> seeds, int required) {
    this.texts = seeds.stream().map(Seed::text).toList();
    this.required = required;
    this.expected = seeds.stream().mapToDouble(Seed::count).toArray();
    this.scores = new double[expected.length];
    for (int id = 0; id < scores.length; id++) ids.put(texts.get(id), id);
    corpus.chunks().forEach((chunk, count) -> {
      lattices.add(Lattice.of(chunk, ids, SeedPieces.LONGEST));
      weights.add(count);
    });
    maximize();
  }

  /// How many pieces are left.
  int size() {
    int alive = 0;
    for (int id = 0; id < scores.length; id++) alive += isAlive(id) ? 1 : 0;
    return alive;
  }

  /// One step of expectation and maximisation.
  ///
  /// @return the log likelihood of the corpus before the step
  double step() {
    expected = new double[scores.length];
    double logLikelihood = 0;
    for (int i = 0; i < lattices.size(); i++) {
      double weight = weights.get(i);
      double all = lattices.get(i).expect(scores, weight, expected);
      if (all > Double.NEGATIVE_INFINITY) logLikelihood += weight * all;
    }
    maximize();
    return logLikelihood;
  }

  private void maximize() {
    double sum = 0;
    for (double count : expected) sum += count;
    for (int id = 0; id < scores.length; id++) {
      double count = id < required ? Math.max(expected[id], LEAST_REQUIRED) : expected[id];
      scores[id] = StrictMath.log(count / sum);
    }
  }

  /// Removes the pieces that no best cut uses, and of the others, down to `target`, those whose absence costs the corpus least: each
  /// use would become the next best cut of the piece itself.
  void prune(int target) {
    double[] uses = uses();
    double sum = 0;
    for (double use : uses) sum += use;
    record Loss(int id, double loss) {}
    List<Loss> losses = new ArrayList<>();
    for (int id = required; id < scores.length; id++) {
      if (uses[id] > 0) losses.add(new Loss(id, loss(id, uses, sum)));
      else
        remove(id);
    }
    losses.sort(Comparator.comparingDouble(Loss::loss).thenComparing(loss -> texts.get(loss.id)));
    int excess = required + losses.size() - target;
    losses.stream().limit(Math.max(0, excess)).forEach(loss -> remove(loss.id));
  }

  /// How much the log likelihood of the corpus falls without a piece.
  private double loss(int id, double[] uses, double sum) {
    int[] instead = ownLattices.computeIfAbsent(id, _ -> Lattice.of(texts.get(id), ids, SeedPieces.LONGEST)).best(scores, id);
    if (instead.length == 0) return Double.POSITIVE_INFINITY;
    double sumInstead = StrictMath.log(sum + uses[id] * (instead.length - 1));
    double scoreInstead = 0;
    for (int other : instead) scoreInstead += StrictMath.log(uses[other] + uses[id]) - sumInstead;
    return uses[id] * (StrictMath.log(uses[id] / sum) - scoreInstead);
  }

  /// How often each piece is in the best cuts of the corpus.
  private double[] uses() {
    double[] uses = new double[scores.length];
    for (int i = 0; i < lattices.size(); i++) {
      for (int id : lattices.get(i).best(scores, -1)) uses[id] += weights.get(i);
    }
    return uses;
  }

  /// The pieces that are left and their log probabilities, the most probable first.
  List<Map.Entry<String, Double>> result() {
    double sum = 0;
    for (int id = 0; id < scores.length; id++) sum += isAlive(id) ? Math.max(expected[id], UNSEEN) : 0;
    List<Map.Entry<String, Double>> result = new ArrayList<>();
    for (int id = 0; id < scores.length; id++) {
      if (isAlive(id)) result.add(Map.entry(texts.get(id), StrictMath.log(Math.max(expected[id], UNSEEN) / sum)));
    }
    result.sort(Map.Entry.<String, Double>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()));
    return result;
  }

  private boolean isAlive(int id) { return scores[id] > Double.NEGATIVE_INFINITY; }

  private void remove(int id) { scores[id] = Double.NEGATIVE_INFINITY; }
}

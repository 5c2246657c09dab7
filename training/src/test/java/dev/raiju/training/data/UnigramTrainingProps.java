package dev.raiju.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

class UnigramTrainingProps {
  @Property(tries = 300)
  void likelihoodNeverFalls(@ForAll long seed) {
    Corpus corpus = randomCorpus(new Random(seed));
    Set<Integer> characters = corpus.frequentCharacters(1);
    UnigramTraining training = new UnigramTraining(corpus, SeedPieces.of(corpus, characters, 1000), characters.size());
    for (int round = 0; round < 4; round++) {
      double before = training.step();
      for (int i = 0; i < 4; i++) {
        double after = training.step();
        assertTrue(after >= before - 1e-9 * Math.abs(before), "round " + round + ": " + before + " to " + after);
        before = after;
      }
      training.prune(characters.size() + (training.size() - characters.size()) / 2);
    }
  }

  @Property(tries = 300)
  void pruningKeepsCharactersAndReachesItsTarget(@ForAll long seed) {
    Corpus corpus = randomCorpus(new Random(seed));
    Set<Integer> characters = corpus.frequentCharacters(1);
    UnigramTraining training = new UnigramTraining(corpus, SeedPieces.of(corpus, characters, 1000), characters.size());
    training.step();
    training.prune(characters.size() + 5);
    training.step();
    assertTrue(training.size() <= characters.size() + 5);
    List<String> texts = training.result().stream().map(Map.Entry::getKey).toList();
    for (int c : characters) assertTrue(texts.contains(Character.toString(c)), () -> Character.toString(c));
    assertTrue(Double.isFinite(training.step()), "every text can still be cut");
  }

  @Property(tries = 500)
  void expectationsAreThoseOfAllCuts(@ForAll @CharRange(from = 'a', to = 'c') @StringLength(min = 1, max = 8) String text,
      @ForAll long seed) {
    Random random = new Random(seed);
    Map<String, Integer> ids = new HashMap<>();
    List<Double> logs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      StringBuilder piece = new StringBuilder();
      for (int n = 1 + random.nextInt(3); n > 0; n--) piece.append((char) ('a' + random.nextInt(3)));
      if (ids.putIfAbsent(piece.toString(), ids.size()) == null) logs.add(-5 * random.nextDouble());
    }
    double[] scores = logs.stream().mapToDouble(Double::doubleValue).toArray();
    Lattice lattice = Lattice.of(text, ids, 3);
    List<List<Integer>> cuts = cuts(text, ids);
    double sum = cuts.stream().mapToDouble(cut -> Math.exp(score(cut, scores))).sum();
    double[] expected = new double[scores.length];
    for (List<Integer> cut : cuts) {
      for (int id : cut) expected[id] += 2 * Math.exp(score(cut, scores)) / sum;
    }
    double[] actual = new double[scores.length];
    assertEquals(Math.log(sum), lattice.expect(scores, 2, actual), 1e-9);
    assertArrayEquals(expected, actual, 1e-9);
    int without = random.nextInt(scores.length + 1) - 1;
    double best = cuts.stream().filter(cut -> !cut.contains(without)).mapToDouble(cut -> score(cut, scores)).max()
        .orElse(Double.NEGATIVE_INFINITY);
    int[] path = lattice.best(scores, without);
    double found = path.length == 0
        ? Double.NEGATIVE_INFINITY
        : java.util.Arrays.stream(path).mapToDouble(id -> scores[id]).sum();
    assertEquals(best, found, 1e-9);
  }

  private static double score(List<Integer> cut, double[] scores) { return cut.stream().mapToDouble(id -> scores[id]).sum(); }

  private static List<List<Integer>> cuts(String text, Map<String, Integer> ids) {
    if (text.isEmpty()) return List.of(List.of());
    List<List<Integer>> cuts = new ArrayList<>();
    for (int length = 1; length <= text.length(); length++) {
      Integer id = ids.get(text.substring(0, length));
      if (id == null) continue;
      for (List<Integer> rest : cuts(text.substring(length), ids)) {
        List<Integer> cut = new ArrayList<>(List.of(id));
        cut.addAll(rest);
        cuts.add(cut);
      }
    }
    return cuts;
  }

  private static Corpus randomCorpus(Random random) {
    Map<String, Long> chunks = new TreeMap<>();
    for (int i = 0; i < 20; i++) {
      StringBuilder chunk = new StringBuilder("▁");
      for (int n = 1 + random.nextInt(7); n > 0; n--) chunk.append((char) ('a' + random.nextInt(4)));
      chunks.put(chunk.toString(), 1L + random.nextInt(50));
    }
    return new Corpus(chunks);
  }
}

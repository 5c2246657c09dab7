package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// A score for every head and neuron of a transformer: the more, the worse is losing it. Scores of different blocks and of
/// different kinds need not be comparable.
///
/// ```java
/// Kept kept = Importance.taylor(scores, teacher.config()).best(4, 384);
/// WanTransformer student = Pruner.prune(teacher, kept);
/// ```
///
/// @param blocks first to last
public record Importance(List<Block> blocks) {
  /// The scores of a block.
  ///
  /// @param selfHeads a score for each head of self attention
  /// @param crossHeads a score for each head of cross attention
  /// @param neurons a score for each neuron of the feed-forward network
  public record Block(double[] selfHeads, double[] crossHeads, double[] neurons) {
    public Block {
      selfHeads = selfHeads.clone();
      crossHeads = crossHeads.clone();
      neurons = neurons.clone();
    }
  }

  public Importance { blocks = List.copyOf(blocks); }

  /// Taylor scores by [TaylorRule#PLAIN].
  ///
  /// @param scores collected for all parameters of a transformer
  /// @param config its sizes
  /// @throws IllegalArgumentException if the scores are not those of such a transformer
  public static Importance taylor(TaylorScores scores, WanConfig config) { return taylor(scores, config, TaylorRule.PLAIN); }

  /// The same by another rule.
  public static Importance taylor(TaylorScores scores, WanConfig config, TaylorRule rule) {
    return new Importance(IntStream.range(0, config.layers()).mapToObj(i -> rule.block(scores::layer, "blocks." + i + ".", config
        .block(i), config.headWidth())).toList());
  }

  /// The most important heads and neurons of each block, as many in each.
  ///
  /// @param heads how many of self attention and of cross attention
  /// @param neurons how many of the feed-forward network
  /// @throws IllegalArgumentException if a block has fewer, or a score is not a number
  public Kept best(int heads, int neurons) { return best(Budget.uniform(heads, neurons)); }

  /// The most important heads and neurons within a budget.
  ///
  /// @throws IllegalArgumentException if there are fewer, or a score is not a number
  public Kept best(Budget budget) {
    List<List<Integer>> self = best(budget, budget.heads(), Block::selfHeads);
    List<List<Integer>> cross = best(budget, budget.heads(), Block::crossHeads);
    List<List<Integer>> neurons = best(budget, budget.neurons(), Block::neurons);
    return new Kept(IntStream.range(0, blocks.size()).mapToObj(i -> new Kept.Block(self.get(i), cross.get(i), neurons.get(i)))
        .toList());
  }

  private List<List<Integer>> best(Budget budget, int each, Function<Block, double[]> kind) {
    List<double[]> scores = blocks.stream().map(kind).toList();
    return switch (budget.spread()) {
      case UNIFORM -> scores.stream().map(of -> Ranking.best(of, each)).toList();
      case GLOBAL -> competing(scores, each * scores.size());
    };
  }

  /// A part of a block.
  private record Part(int block, int index, double share) {}

  /// The best of all blocks together, but in each at least its own best.
  private static List<List<Integer>> competing(List<double[]> scores, int count) {
    List<List<Integer>> kept = new ArrayList<>();
    List<Part> others = new ArrayList<>();
    for (int block = 0; block < scores.size(); block++) {
      List<Integer> falling = Ranking.falling(scores.get(block));
      double whole = DoubleStream.of(scores.get(block)).sum();
      kept.add(new ArrayList<>(falling.subList(0, Math.min(1, falling.size()))));
      for (int index : falling.subList(Math.min(1, falling.size()), falling.size())) {
        others.add(new Part(block, index, whole > 0 ? scores.get(block)[index] / whole : 0));
      }
    }
    int left = count - scores.size();
    if (left < 0 || left > others.size())
      throw new IllegalArgumentException("ranking: the best " + count + " of " + (others.size() + scores.size()) + " scores in "
          + scores.size() + " blocks");
    // a stable order: of equal shares the earlier block's better part
    others.sort(Comparator.comparingDouble(Part::share).reversed());
    for (Part part : others.subList(0, left)) kept.get(part.block()).add(part.index());
    return kept.stream().map(indices -> indices.stream().sorted().toList()).toList();
  }
}

package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig;
import java.util.ArrayList;
import java.util.List;

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

  /// Whose rows make up the score of a head: of query, key and value together, or of the value alone, since the norms behind query and
  /// key take their scale away again.
  public enum Heads {
    QUERY_KEY_VALUE("query", "key", "value"), VALUE("value");

    private final List<String> layers;

    Heads(String... layers) { this.layers = List.of(layers); }
  }

  public Importance { blocks = List.copyOf(blocks); }

  /// Taylor scores without biases: of a head the sum over its rows of query, key and value, of a neuron its row of the first
  /// product.
  ///
  /// @param scores collected for all parameters of a transformer
  /// @param config its sizes
  /// @throws IllegalArgumentException if the scores are not those of such a transformer
  public static Importance taylor(TaylorScores scores, WanConfig config) {
    return taylor(scores, config, Heads.QUERY_KEY_VALUE);
  }

  /// The same with a choice of what counts for heads.
  public static Importance taylor(TaylorScores scores, WanConfig config, Heads rule) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      String block = "blocks." + i + ".";
      double[] neurons = layer(scores, block + "feedForward.up.weight", config.ffn()).rows();
      blocks.add(new Block(heads(scores, block + "selfAttention.", config, rule), heads(scores, block + "crossAttention.", config,
          rule), neurons));
    }
    return new Importance(blocks);
  }

  private static double[] heads(TaylorScores scores, String attention, WanConfig config, Heads rule) {
    double[] heads = new double[config.heads()];
    for (String layer : rule.layers) {
      double[] scored = layer(scores, attention + layer + ".weight", config.innerWidth()).grouped(config.headWidth()).rows();
      for (int i = 0; i < heads.length; i++) heads[i] += scored[i];
    }
    return heads;
  }

  private static TaylorScores.Layer layer(TaylorScores scores, String weight, int rows) {
    TaylorScores.Layer layer = scores.layer(weight);
    if (layer.rows().length != rows)
      throw new IllegalArgumentException("taylor scores: " + weight + " has " + layer.rows().length + " rows; needs " + rows);
    return layer;
  }

  /// The most important heads and neurons of each block, as many in each.
  ///
  /// @param heads how many of self attention and of cross attention
  /// @param neurons how many of the feed-forward network
  /// @throws IllegalArgumentException if a block has fewer, or a score is not a number
  public Kept best(int heads, int neurons) {
    return new Kept(blocks.stream().map(block -> new Kept.Block(Ranking.best(block.selfHeads, heads), Ranking.best(
        block.crossHeads, heads), Ranking.best(block.neurons, neurons))).toList());
  }
}

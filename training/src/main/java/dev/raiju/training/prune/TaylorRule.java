package dev.raiju.training.prune;

import dev.raiju.models.dit.WanConfig.BlockSizes;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// How the scores of rows become those of heads and neurons.
///
/// @param heads whose rows make up the score of a head
/// @param bias how biases count
public record TaylorRule(Heads heads, Bias bias) {
  /// Query, key and value together, without biases.
  public static final TaylorRule PLAIN = new TaylorRule(Heads.QUERY_KEY_VALUE, Bias.NONE);

  /// Whose rows make up the score of a head.
  public enum Heads {
    /// The sum over the rows of query, key and value.
    QUERY_KEY_VALUE("query", "key", "value"),
    /// The value's alone, since the norms behind query and key take their scale away again.
    VALUE("value"),
    /// The mean of a head's places among the others by query, by key and by value: no layer counts for more because its numbers are
    /// larger.
    MEAN_RANK("query", "key", "value");

    private final List<String> layers;

    Heads(String... layers) { this.layers = List.of(layers); }
  }

  /// How biases count. A bias goes with its row in any case.
  public enum Bias {
    /// `Σ (x · w)²`
    NONE,
    /// `Σ (x · w)² + n b²`: a bias as a weight on a constant input, taken by itself.
    ADDED,
    /// `Σ (x · w + b)²`: the energy of the whole output.
    JOINT
  }

  double[] rows(TaylorScores.Layer layer) {
    return switch (bias) {
      case NONE -> layer.rows();
      case ADDED -> sum(layer.rows(), layer.biasOnly());
      case JOINT -> layer.rowsWithBias();
    };
  }

  /// The scores of a block.
  ///
  /// @param layers gives what was collected for the weight of a name
  /// @param prefix of the block's names
  Importance.Block block(Function<String, TaylorScores.Layer> layers, String prefix, BlockSizes sizes, int headWidth) {
    double[] neurons = rows(layer(layers, prefix + "feedForward.up.weight", sizes.ffn()));
    return new Importance.Block(heads(layers, prefix + "selfAttention.", sizes.selfHeads(), headWidth), heads(layers, prefix
        + "crossAttention.", sizes.crossHeads(), headWidth), neurons);
  }

  private double[] heads(Function<String, TaylorScores.Layer> layers, String attention, int count, int headWidth) {
    double[] scores = new double[count];
    for (String name : heads.layers) {
      double[] scored = rows(layer(layers, attention + name + ".weight", count * headWidth).grouped(headWidth));
      scores = sum(scores, heads == Heads.MEAN_RANK ? places(scored) : scored);
    }
    return scores;
  }

  /// For each score how many are lower: the places from the lowest on, over the number of layers that are averaged.
  private static double[] places(double[] scores) {
    double[] places = new double[scores.length];
    List<Integer> falling = Ranking.falling(scores);
    for (int place = 0; place < places.length; place++) places[falling.get(place)] = (scores.length - 1 - place) / 3.0;
    return places;
  }

  private static TaylorScores.Layer layer(Function<String, TaylorScores.Layer> layers, String weight, int rows) {
    TaylorScores.Layer layer = layers.apply(weight);
    if (layer.rows().length != rows)
      throw new IllegalArgumentException("taylor scores: " + weight + " has " + layer.rows().length + " rows; needs " + rows);
    return layer;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] total = a.clone();
    Arrays.setAll(total, i -> a[i] + b[i]);
    return total;
  }
}

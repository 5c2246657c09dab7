package dev.raiju.training.prune;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Op;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How much each output of each linear layer matters, from forward passes alone: the energy `Σ (x · w)²` of the row's output
/// over everything the layer was given. For the quadratic loss against the layer's own output this is exactly what deleting the
/// row costs: the second-order Taylor term, the first-order one being zero.
///
/// ```java
/// try (var scores = TaylorScores.listen(teacher.parameters())) {
///   for (var batch : calibration) teacher.forward(batch.latent(), batch.timestep(), batch.context());
///   double[] rows = scores.layer("blocks.0.feedForward.up.weight").rows();
/// }
/// ```
/// Listens on the thread that opened it. A layer is known by the memory of its weight.
public final class TaylorScores implements AutoCloseable {
  private final Map<Buffer, String> names = new IdentityHashMap<>();
  private final Map<String, Layer> layers = new LinkedHashMap<>();
  private final Trace.Registration registration;
  private int[] lengths = {};

  private TaylorScores() { this.registration = Trace.listen(new Collector()); }

  /// Starts collecting for the matrices among these parameters.
  public static TaylorScores listen(Map<String, Tensor> parameters) {
    TaylorScores scores = new TaylorScores();
    scores.watch(parameters);
    return scores;
  }

  /// Starts collecting for what [#watch] will name.
  static TaylorScores listen() { return new TaylorScores(); }

  /// Collects for these parameters in place of those before; what was collected for the others stays. Parts of a model that are
  /// in memory one after the other are watched one after the other.
  void watch(Map<String, Tensor> parameters) {
    names.clear();
    parameters.forEach((name, w) -> {
      if (w.rank() == 2) names.put(w.buffer(), name);
    });
  }

  /// From now on, keys and values of cross attention count where there is text, and not where it is padded: the row that stands for
  /// padding is the same all over and would outweigh the text.
  ///
  /// @param lengths how many rows of each sample are text
  void text(int... lengths) { this.lengths = lengths.clone(); }

  /// The sums for the rows of one weight.
  ///
  /// @param rows `Σ (x · w)²`, without the bias
  /// @param rowsWithBias `Σ (x · w + b)²`
  /// @param biasOnly `n b²`
  /// @param samples n, how many inputs the layer saw
  public record Layer(double[] rows, double[] rowsWithBias, double[] biasOnly, long samples) {
    /// The scores of groups of `width` rows each, such as the heads of an attention: the sums of those of their rows.
    ///
    /// @throws IllegalArgumentException if the rows do not divide into such groups
    public Layer grouped(int width) {
      return new Layer(sums(rows, width), sums(rowsWithBias, width), sums(biasOnly, width), samples);
    }

    /// Both together.
    Layer plus(Layer other) {
      return new Layer(sum(rows, other.rows), sum(rowsWithBias, other.rowsWithBias), sum(biasOnly, other.biasOnly), samples
          + other.samples);
    }

    private static double[] sum(double[] a, double[] b) {
      double[] total = a.clone();
      for (int i = 0; i < total.length; i++) total[i] += b[i];
      return total;
    }

    private static double[] sums(double[] rows, int width) {
      if (width < 1 || rows.length % width != 0)
        throw new IllegalArgumentException("taylor scores: " + rows.length + " rows do not divide into groups of " + width);
      double[] sums = new double[rows.length / width];
      for (int row = 0; row < rows.length; row++) sums[row / width] += rows[row];
      return sums;
    }
  }

  /// What was collected for a weight.
  ///
  /// @throws IllegalArgumentException if it was not used
  public Layer layer(String weight) {
    Layer layer = layers.get(weight);
    if (layer == null)
      throw new IllegalArgumentException("taylor scores: " + weight + " was not used; there are " + layers.keySet());
    return layer;
  }

  /// The weights that were used, in the order of their first use.
  public List<String> weights() { return List.copyOf(layers.keySet()); }

  /// Stops listening; what was collected stays.
  @Override
  public void close() { registration.close(); }

  private final class Collector implements Trace.Listener {
    /// The products inside are what is scored.
    @Override
    public boolean expands(Fused op, List<Tensor> in) { return op instanceof FeedForward; }

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      if (!(op instanceof Linear)) return;
      String name = names.get(in.get(1).buffer());
      if (name == null) return;
      try (Scope scope = Scope.open()) {
        Trace.silently(() -> {
          Tensor y = out.getFirst();
          Tensor bias = in.size() > 2 ? in.get(2) : null;
          boolean ofText = name.endsWith("crossAttention.key.weight") || name.endsWith("crossAttention.value.weight");
          Layer now = ofText && lengths.length > 0 ? measure(rows(y, lengths), bias) : measure(y, bias);
          layers.merge(name, now, Layer::plus);
          return null;
        });
      }
    }
  }

  /// The first rows of every sample, one after the other.
  private static Tensor rows(Tensor y, int[] lengths) {
    if (y.rank() != 3 || y.size(0) != lengths.length)
      throw new IllegalArgumentException("taylor scores: text of " + lengths.length + " samples; the layer gave " + y.spec());
    Tensor[] rows = new Tensor[lengths.length];
    for (int i = 0; i < rows.length; i++) rows[i] = y.select(0, i).slice(0, 0, lengths[i]);
    return Tensor.concat(0, rows);
  }

  private static Layer measure(Tensor out, @org.jspecify.annotations.Nullable Tensor bias) {
    int width = (int) out.size(-1);
    Tensor y = out.reshape(-1, width);
    double[] withBias = y.square().sum(0).toDoubles();
    if (bias == null) return new Layer(withBias, withBias, new double[width], y.size(0));
    double[] rows = y.sub(bias).square().sum(0).toDoubles();
    double[] b = bias.toDoubles();
    double[] biasOnly = new double[width];
    for (int i = 0; i < width; i++) biasOnly[i] = y.size(0) * b[i] * b[i];
    return new Layer(rows, withBias, biasOnly, y.size(0));
  }
}

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

  private TaylorScores(Map<String, Tensor> weights) {
    weights.forEach((name, w) -> {
      if (w.rank() == 2) names.put(w.buffer(), name);
    });
    this.registration = Trace.listen(new Collector());
  }

  /// Starts collecting for the matrices among these parameters.
  public static TaylorScores listen(Map<String, Tensor> parameters) { return new TaylorScores(parameters); }

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
          Layer now = measure(out.getFirst(), in.size() > 2 ? in.get(2) : null);
          layers.merge(name, now, TaylorScores::sum);
          return null;
        });
      }
    }
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

  private static Layer sum(Layer a, Layer b) {
    return new Layer(sum(a.rows, b.rows), sum(a.rowsWithBias, b.rowsWithBias), sum(a.biasOnly, b.biasOnly), a.samples
        + b.samples);
  }

  private static double[] sum(double[] a, double[] b) {
    double[] total = a.clone();
    for (int i = 0; i < total.length; i++) total[i] += b[i];
    return total;
  }
}

package dev.raiju.training.prune;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `Xᵀ X` over everything that some linear layers are given, and `Σ x`: Taylor scores in the form in which they were derived,
/// `wᵀ Xᵀ X w`. Each call is summed in the type of the input, the calls in f64. Layers that are given the same tensors, as query, key
/// and value are, share one.
///
/// Listens on the thread that opened it. A layer is known by the memory of its weight.
public final class Grams implements AutoCloseable {
  private final Map<Buffer, String> names = new IdentityHashMap<>();
  private final Map<String, Sums> sums = new LinkedHashMap<>();
  private final Trace.Registration registration;

  /// Sums over the inputs of one or several layers.
  private static final class Sums {
    final int width;
    final double[] squares;
    final double[] values;
    long samples;
    long lastInput;
    String lastLayer = "";

    Sums(int width) {
      this.width = width;
      this.squares = new double[Math.multiplyExact(width, width)];
      this.values = new double[width];
    }

    void add(String layer, Tensor x) {
      // another layer was given it already
      if (x.id() == lastInput && !layer.equals(lastLayer)) return;
      lastInput = x.id();
      lastLayer = layer;
      try (Scope scope = Scope.open()) {
        Trace.silently(() -> {
          Tensor rows = x.reshape(-1, x.size(-1));
          addTo(squares, rows.transpose(0, 1).matmul(rows));
          addTo(values, rows.sum(0));
          samples += rows.size(0);
          return null;
        });
      }
    }

    private static void addTo(double[] sums, Tensor more) {
      double[] values = more.toDoubles();
      for (int i = 0; i < sums.length; i++) sums[i] += values[i];
    }
  }

  private Grams(Map<String, Tensor> weights) {
    weights.forEach((name, w) -> {
      if (w.rank() == 2) names.put(w.buffer(), name);
    });
    this.registration = Trace.listen(new Collector());
  }

  /// Starts collecting for the matrices among these parameters.
  public static Grams listen(Map<String, Tensor> weights) { return new Grams(weights); }

  /// `Xᵀ X`, row by row.
  ///
  /// @throws IllegalArgumentException if the layer was not used
  public double[] of(String name) { return sums(name).squares.clone(); }

  /// How many inputs a layer was given.
  public long samples(String name) { return sums(name).samples; }

  private Sums sums(String name) {
    Sums found = sums.get(name);
    if (found == null) throw new IllegalArgumentException("gram: " + name + " was not used; there are " + sums.keySet());
    return found;
  }

  /// The Taylor scores of the rows of a layer, as [TaylorScores] gives them from outputs.
  ///
  /// @param weight `[out, in]`
  /// @param bias `[out]`, or nothing
  public TaylorScores.Layer layer(String name, Tensor weight, double[] bias) {
    Sums of = sums(name);
    try (Scope scope = Scope.open()) {
      return Trace.silently(() -> {
        Tensor w = weight.to(weight.dtype() == DType.F64 ? DType.F64 : DType.F32);
        double[] rows = w.matmul(like(w, of.squares, of.width, of.width)).mul(w).sum(1).toDoubles();
        double[] means = w.matmul(like(w, of.values, of.width, 1)).toDoubles();
        double[] biasOnly = new double[rows.length];
        double[] joint = rows.clone();
        for (int i = 0; i < bias.length; i++) {
          biasOnly[i] = of.samples * bias[i] * bias[i];
          joint[i] = rows[i] + 2 * bias[i] * means[i] + biasOnly[i];
        }
        return new TaylorScores.Layer(rows, joint, biasOnly, of.samples);
      });
    }
  }

  private static Tensor like(Tensor w, double[] values, long... sizes) {
    if (w.dtype() == DType.F64) return Tensor.of(Spec.of(DType.F64, sizes), MemorySegment.ofArray(values), w.device());
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) narrow[i] = (float) values[i];
    return Tensor.of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(narrow), w.device());
  }

  /// Stops listening; what was collected stays.
  @Override
  public void close() { registration.close(); }

  private final class Collector implements Trace.Listener {
    private long input;
    private String first = "";

    @Override
    public boolean expands(Fused op, List<Tensor> in) { return op instanceof FeedForward; }

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      if (!(op instanceof Linear)) return;
      String name = names.get(in.get(1).buffer());
      if (name == null) return;
      Tensor x = in.getFirst();
      boolean shared = x.id() == input && !name.equals(first);
      if (!shared) {
        input = x.id();
        first = name;
      }
      Sums before = shared ? sums.get(first) : null;
      sums.computeIfAbsent(name, _ -> before == null ? new Sums(Math.toIntExact(x.size(-1))) : before).add(name, x);
    }
  }
}

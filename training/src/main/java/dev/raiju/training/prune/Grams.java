package dev.raiju.training.verify;

import dev.raiju.models.nn.Module;
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

/// `Xᵀ X` over everything that some linear layers are given: Taylor scores in the form in which they were derived, `wᵀ Xᵀ X w`.
final class Grams implements AutoCloseable {
  private final Map<Buffer, String> names = new IdentityHashMap<>();
  private final Map<String, Tensor> sums = new LinkedHashMap<>();
  private final Trace.Registration registration;

  private Grams(Map<String, Tensor> weights) {
    weights.forEach((name, w) -> names.put(w.buffer(), name));
    this.registration = Trace.listen(new Collector());
  }

  static Grams listen(Map<String, Tensor> weights) { return new Grams(weights); }

  /// `[in, in]`, of this object.
  ///
  /// @throws IllegalArgumentException if the layer was not used
  Tensor of(String name) {
    Tensor sum = sums.get(name);
    if (sum == null) throw new IllegalArgumentException("gram: " + name + " was not used; there are " + sums.keySet());
    return sum;
  }

  @Override
  public void close() {
    registration.close();
    sums.values().forEach(Tensor::close);
  }

  private final class Collector implements Trace.Listener {
    @Override
    public boolean expands(Fused op, List<Tensor> in) { return op instanceof FeedForward; }

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      if (!(op instanceof Linear)) return;
      String name = names.get(in.get(1).buffer());
      if (name != null) add(name, in.get(0));
    }

    private void add(String name, Tensor x) {
      Tensor before = sums.get(name);
      sums.put(name, Module.owned(() -> {
        Tensor rows = x.reshape(-1, x.size(-1));
        Tensor gram = rows.transpose(0, 1).matmul(rows);
        return before == null ? gram : before.add(gram);
      }));
      if (before != null) before.close();
    }
  }
}

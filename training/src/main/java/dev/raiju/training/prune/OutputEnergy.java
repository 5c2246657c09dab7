package dev.raiju.training.prune;

import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig.BlockSizes;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Op;
import java.io.IOException;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the parts of a block add to the residual stream: of a head `Σ |W_h z_h|²`, its output through its columns of the output
/// projection; of a neuron `|w_i|² Σ a_i²`. Gates and what the parts cancel of each other are left out.
record OutputEnergy() implements Criterion {
  @Override
  public Importance score(BlockSource teacher, Calibration calibration) throws IOException {
    Map<Integer, Importance.Block> blocks = new TreeMap<>();
    for (int i = 0; i < teacher.config().layers(); i++) {
      BlockSizes sizes = teacher.config().block(i);
      blocks.put(i, new Importance.Block(new double[sizes.selfHeads()], new double[sizes.crossHeads()], new double[sizes.ffn()]));
    }
    try (Collector collector = new Collector(teacher.config().headWidth(), blocks)) {
      calibration.run(teacher, collector);
      return collector.importance();
    }
  }

  private static final class Collector implements BlockPass.Visitor, Trace.Listener, AutoCloseable {
    private final int headWidth;
    private final Map<Integer, double[][]> sums = new TreeMap<>();
    private final Map<Buffer, Integer> kinds = new IdentityHashMap<>();
    private final Trace.Registration registration;
    private int block;

    Collector(int headWidth, Map<Integer, Importance.Block> zeros) {
      this.headWidth = headWidth;
      zeros.forEach((i, zero) -> sums.put(i, new double[][] {zero.selfHeads(), zero.crossHeads(), zero.neurons()}));
      this.registration = Trace.listen(this);
    }

    @Override
    public void enter(int index, WanBlock at) {
      block = index;
      kinds.clear();
      kinds.put(at.selfAttention().output().weight().buffer(), 0);
      kinds.put(at.crossAttention().output().weight().buffer(), 1);
      kinds.put(at.feedForward().down().buffer(), 2);
    }

    @Override
    public boolean expands(Fused op, List<Tensor> in) { return op instanceof FeedForward; }

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      Integer kind = op instanceof Linear ? kinds.get(in.get(1).buffer()) : null;
      if (kind == null) return;
      try (Scope scope = Scope.open()) {
        double[] energy = Trace.silently(() -> kind == 2
            ? neurons(in.getFirst(), in.get(1))
            : heads(in.getFirst(), in.get(1)));
        double[][] kept = sums.get(block);
        if (kept != null) Arrays.setAll(kept[kind], i -> kept[kind][i] + energy[i]);
      }
    }

    private static double[] neurons(Tensor hidden, Tensor down) {
      Tensor energy = hidden.reshape(-1, hidden.size(-1)).square().sum(0);
      return energy.mul(wide(down).square().sum(0)).toDoubles();
    }

    /// By the Gram matrix of the head's output: less than the outputs themselves.
    private double[] heads(Tensor merged, Tensor output) {
      Tensor z = merged.reshape(-1, merged.size(-1));
      double[] energy = new double[Math.toIntExact(z.size(1)) / headWidth];
      for (int h = 0; h < energy.length; h++) {
        Tensor own = z.slice(1, (long) h * headWidth, headWidth).contiguous();
        Tensor columns = wide(output).slice(1, (long) h * headWidth, headWidth).contiguous();
        energy[h] = columns.matmul(own.transpose().matmul(own)).mul(columns).sum().item();
      }
      return energy;
    }

    private static Tensor wide(Tensor weight) { return weight.dtype() == DType.F64 ? weight : weight.to(DType.F32); }

    Importance importance() {
      return new Importance(sums.values().stream().map(of -> new Importance.Block(of[0], of[1], of[2])).toList());
    }

    @Override
    public void close() { registration.close(); }
  }
}

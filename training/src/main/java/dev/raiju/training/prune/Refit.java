package dev.raiju.training.prune;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockText;
import dev.raiju.models.dit.WanAttention;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanFeedForward;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Op;
import dev.raiju.training.linalg.Cholesky;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Gives the products behind what was cut the weights that make up best for it, without training: the output projections of both
/// attentions and the second product of the feed-forward network, each by one least-squares problem. With `a` what the product is given
/// in the pruned block and `y` what it gave in the whole one, both from the same residual stream, it is
///
/// ```
/// W, b = argmin Σ |W a + b - y|² + λ |W - W₀|²
/// ```
/// where W₀ are the weights that were kept, so that what the samples do not show stays as it was. λ is [#RIDGE] of the mean square of
/// an input.
public final class Refit {
  private static final double RIDGE = 1e-4;

  private Refit() {}

  /// The blocks of a pruned transformer, refitted and owned by the caller. The samples are gone through once; of one block at a time
  /// the sums are in memory.
  ///
  /// @throws IOException if the teacher cannot be read
  public static List<WanBlock> blocks(BlockSource teacher, Kept kept, Calibration calibration) throws IOException {
    kept.of(teacher.config());
    try (Sums sums = new Sums(kept)) {
      calibration.run(teacher, sums);
      return sums.take();
    }
  }

  /// Least squares of one product, with a constant as its last input.
  private static final class Fit {
    final int in;
    final int out;
    final double[] squares;
    final double[] products;
    private double[] around = {};
    private double energy;
    private double samples;

    Fit(LinearLayer layer) {
      this.in = Math.toIntExact(layer.weight().size(1)) + 1;
      this.out = Math.toIntExact(layer.weight().size(0));
      this.squares = new double[Math.multiplyExact(in, in)];
      this.products = new double[Math.multiplyExact(in, out)];
    }

    /// @param a `[…, in]`
    /// @param y `[…, out]`
    void add(Tensor a, Tensor y) {
      try (Scope scope = Scope.open()) {
        Trace.silently(() -> {
          Tensor given = a.reshape(-1, a.size(-1));
          if (around.length == 0) around = given.mean(0).toDoubles();
          energy += given.square().sum().item();
          Tensor rows = given.sub(Tensor.of(Spec.of(DType.F64, around.length), MemorySegment.ofArray(around), Device.reference())
              .to(
                  given.dtype()).to(given.device()));
          Tensor x = Tensor.concat(1, rows, rows.slice(1, 0, 1).like(1));
          Tensor transposed = x.transpose().contiguous();
          add(squares, transposed.matmul(x));
          add(products, transposed.matmul(y.reshape(-1, y.size(-1))));
          samples += rows.size(0);
          return null;
        });
      }
    }

    private static void add(double[] sums, Tensor more) {
      double[] values = more.toDoubles();
      for (int i = 0; i < sums.length; i++) sums[i] += values[i];
    }

    LinearLayer solve(LinearLayer layer) {
      double ridge = RIDGE * energy / Math.max(1, in - 1) + Double.MIN_NORMAL;
      double[] weight = layer.weight().toDoubles();
      double[] matrix = squares.clone();
      // the constant is not held back
      for (int i = 0; i + 1 < in; i++) matrix[i * in + i] += ridge;
      matrix[in * in - 1] += 1e-9 * samples;
      Cholesky factor = Cholesky.of(matrix, in);
      double[] fitted = new double[weight.length];
      double[] bias = new double[out];
      double[] column = new double[in];
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) column[i] = products[i * out + o];
        for (int i = 0; i + 1 < in; i++) column[i] += ridge * weight[o * (in - 1) + i];
        factor.solve(column);
        System.arraycopy(column, 0, fitted, o * (in - 1), in - 1);
        bias[o] = column[in - 1];
        for (int i = 0; i + 1 < in; i++) bias[o] -= column[i] * around[i];
      }
      return new LinearLayer(like(layer.weight(), fitted), Optional.of(like(layer.bias().orElse(layer.weight()), bias, out)),
          layer
              .compute());
    }

    private static Tensor like(Tensor of, double[] values) { return like(of, values, of.shape().sizes()); }

    private static Tensor like(Tensor of, double[] values, long... sizes) {
      return Module.owned(() -> Tensor.of(Spec.of(DType.F64, sizes), MemorySegment.ofArray(values), Device
          .reference()).to(of.dtype()).to(of.device()));
    }
  }

  /// What goes through the three products of a block.
  ///
  /// @param inputs of the pruned ones
  /// @param outputs of the whole ones
  private record Seen(Map<Buffer, Integer> kinds, Tensor[] inputs, Tensor[] outputs) implements Trace.Listener {
    @Override
    public boolean expands(Fused op, List<Tensor> in) { return op instanceof FeedForward; }

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      Integer kind = op instanceof Linear ? kinds.get(in.get(1).buffer()) : null;
      if (kind == null) return;
      inputs[kind] = in.getFirst().alias();
      outputs[kind] = out.getFirst().alias();
    }

    /// Runs something and hears it.
    static Seen in(Map<Buffer, Integer> kinds, Runnable work) {
      Seen seen = new Seen(kinds, new Tensor[COUNT], new Tensor[COUNT]);
      try (Trace.Registration _ = Trace.listen(seen)) {
        work.run();
        return seen;
      }
    }

    void close() {
      for (int kind = 0; kind < COUNT; kind++) {
        inputs[kind].close();
        outputs[kind].close();
      }
    }
  }

  private static final int COUNT = 6;

  private static final class Sums implements BlockPass.Visitor, AutoCloseable {
    private final Kept kept;
    private final Map<Integer, WanBlock> done = new TreeMap<>();
    private final List<WanBlock> open = new ArrayList<>();
    private final List<Fit> fits = new ArrayList<>();

    Sums(Kept kept) { this.kept = kept; }

    private boolean stays(int index) { return !kept.blocks().get(index).equals(Kept.Block.GONE); }

    @Override
    public void enter(int index, WanBlock block) {
      if (!stays(index)) return;
      WanBlock pruned = Pruner.prune(block, kept.blocks().get(index));
      open.add(pruned);
      fits.addAll(List.of(new Fit(pruned.selfAttention().output()), new Fit(pruned.crossAttention().output()), new Fit(down(pruned
          .feedForward()))));
    }

    private static LinearLayer down(WanFeedForward of) {
      return new LinearLayer(of.down(), Optional.of(of.downBias()), of.compute());
    }

    @Override
    public Tensor run(int index, WanBlock block, BlockInputs in, Calibration.Batch batch) {
      if (!stays(index)) return block.forward(in);
      WanBlock pruned = open.getLast();
      try (Scope scope = Scope.open()) {
        Tensor[] after = new Tensor[1];
        Seen whole = Seen.in(kinds(block), () -> after[0] = block.forward(in));
        Seen small = Seen.in(kinds(pruned), () -> {
          pruned.selfAttention().self(whole.inputs[3], in.rope());
          pruned.crossAttention().cross(whole.inputs[4], keys(pruned, in.text()));
          pruned.feedForward().forward(whole.inputs[5]);
        });
        for (int kind = 0; kind < 3; kind++) fits.get(kind).add(small.inputs[kind], whole.outputs[kind]);
        whole.close();
        small.close();
        return scope.keep(after[0]);
      }
    }

    /// The three products that are refitted, and the first of each branch, whose input is the branch's.
    private static Map<Buffer, Integer> kinds(WanBlock block) {
      Map<Buffer, Integer> kinds = new IdentityHashMap<>();
      List<Tensor> weights = List.of(block.selfAttention().output().weight(), block.crossAttention().output().weight(), block
          .feedForward().down(), block.selfAttention().query().weight(), block.crossAttention().query().weight(), block
              .feedForward()
              .up());
      for (int i = 0; i < COUNT; i++) kinds.put(weights.get(i).buffer(), i);
      return kinds;
    }

    private static BlockText.Keys keys(WanBlock block, BlockText text) {
      return switch (text) {
        case BlockText.Embedded(Tensor states) -> block.crossAttention().keys(states);
        case BlockText.Keys _ -> throw new IllegalArgumentException("refit: keys of a whole block; needs the embedded text");
      };
    }

    @Override
    public void leave(int index, WanBlock block) {
      if (!stays(index)) return;
      if (done.containsKey(index))
        throw new IllegalArgumentException("refit: several passes over the blocks; needs one: give the "
            + "samples as batches");
      try (WanBlock pruned = open.removeLast()) {
        done.put(index, fitted(pruned, fits));
      }
      fits.clear();
    }

    private static WanBlock fitted(WanBlock pruned, List<Fit> fits) {
      WanFeedForward before = pruned.feedForward();
      LinearLayer down = fits.get(2).solve(down(before));
      WanFeedForward feedForward = new WanFeedForward(before.up().alias(), before.upBias().alias(), down.weight(), down.bias()
          .orElseThrow(), before.compute(), Optional.empty(), Optional.empty());
      return new WanBlock(pruned.modulation().alias(), fitted(pruned.selfAttention(), fits.get(0)), pruned.crossNorm().map((_, t,
          _) -> t.alias()), fitted(pruned.crossAttention(), fits.get(1)), feedForward, pruned.eps());
    }

    private static WanAttention fitted(WanAttention of, Fit fit) {
      return new WanAttention(alias(of.query()), alias(of.key()), alias(of.value()), fit.solve(of.output()), of.queryNorm().map((
          _,
          t, _) -> t.alias()), of.keyNorm().map((_, t, _) -> t.alias()), of.headWidth());
    }

    private static LinearLayer alias(LinearLayer layer) { return layer.map((_, t, _) -> t.alias()); }

    List<WanBlock> take() {
      List<WanBlock> blocks = List.copyOf(done.values());
      done.clear();
      return blocks;
    }

    @Override
    public void close() {
      open.forEach(WanBlock::close);
      done.values().forEach(WanBlock::close);
    }
  }
}

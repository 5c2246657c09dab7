package dev.raiju.training.prune;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.LowRank;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.autograd.Tape;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.Losses;
import dev.raiju.tensor.op.Softmax;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.optim.AdamWOptimizer;
import dev.raiju.training.optim.Schedule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// Learns which blocks a transformer can do without, by training: blocks are grouped, and of every group a distribution over the ways
/// to keep some of it is learned, together with a change of low rank to all matrices, so that what is kept is what training can make
/// good. Fang et al. 2024, "TinyFusion", arXiv:2412.01199.
///
/// A way is drawn by Gumbel's trick with hard choices and the gradients of soft ones; a block that is left out passes its input on. The
/// loss is the distance from the whole transformer's velocity on the samples. The changes of low rank are thrown away.
///
/// @param group how many blocks compete
/// @param keep how many of them stay
/// @param steps of training, a batch each
/// @param rate of the changes of low rank; that of the choices is ten times as high
/// @param rank of the changes
/// @param seed of everything random
public record LearnableMask(int group, int keep, int steps, double rate, int rank, long seed) implements Selection {
  private static final double FIRST_TEMPERATURE = 4;
  private static final double LAST_TEMPERATURE = 0.1;
  private static final double SHARPNESS = 100;
  private static final double DEVIATION = 0.02;
  private static final double ALPHA_PER_RANK = 2;
  private static final double CHOICES_RATE = 10;
  private static final AdamW RULE = new AdamW(0.9, 0.999, 1e-8, 0);

  public LearnableMask {
    if (keep < 1 || keep >= group || steps < 1 || !(rate > 0) || rank < 1) {
      throw new IllegalArgumentException("learnable mask: keeps " + keep + " of " + group + " blocks, " + steps + " steps, rate "
          + rate + ", rank " + rank + "; needs fewer than there are, and positive numbers");
    }
  }

  /// @throws IllegalArgumentException if the transformer is not in memory, or its blocks do not divide into groups
  @Override
  public Kept choose(BlockSource teacher, Calibration calibration) throws IOException {
    WanTransformer whole = teacher.frame();
    int layers = teacher.config().layers();
    if (whole.blocks().size() != layers)
      throw new IllegalArgumentException("learnable mask: the transformer is in a file; needs one in memory, to be trained");
    if (layers % group != 0)
      throw new IllegalArgumentException("learnable mask: " + layers + " blocks; needs a multiple of " + group);
    try (Scope scope = Scope.open()) {
      List<Calibration.Batch> batches = Calibration.samples(teacher, calibration);
      Device device = batches.getFirst().x().device();
      Rng rng = Rng.of(seed).stream("learnable mask");
      List<int[]> ways = ways(group, keep);
      Map<String, Tensor> choices = new LinkedHashMap<>();
      for (int i = 0; i < layers / group; i++) choices.put("choices." + i, rng.normal(device, ways.size()).mul(DEVIATION));
      try (WanTransformer changed = changing(whole, rng, device)) {
        train(whole, changed, batches, choices, ways, rng);
      }
      List<Integer> kept = new ArrayList<>();
      for (Tensor scores : choices.values()) {
        int first = kept.size() / keep * group;
        for (int block : ways.get(Ranking.best(scores.toDoubles(), 1).getFirst())) kept.add(first + block);
      }
      return Kept.blocks(teacher.config(), kept);
    }
  }

  /// All ways to take `keep` of `group`, in lexical order.
  static List<int[]> ways(int group, int keep) {
    return IntStream.range(0, 1 << group).filter(bits -> Integer.bitCount(bits) == keep).mapToObj(bits -> IntStream.range(0,
        group)
        .filter(i -> (bits >> i & 1) == 1).toArray()).toList();
  }

  /// The transformer with changes that begin as nothing.
  private WanTransformer changing(WanTransformer whole, Rng rng, Device device) {
    Map<String, Tensor> parameters = whole.parameters();
    return whole.map(new ParameterMap() {
      @Override
      public Tensor apply(String name, Tensor parameter, Kind kind) { return parameter.alias(); }

      @Override
      public Optional<LowRank> adapter(String weight, Optional<LowRank> now) {
        Tensor matrix = parameters.get(weight);
        if (!weight.startsWith("blocks.") || matrix == null) return now;
        Tensor down = Module.owned(() -> rng.normal(device, rank, matrix.size(1)).mul(1 / Math.sqrt(rank)));
        Tensor up = Module.owned(() -> Tensor.full(Spec.of(DType.F32, matrix.size(0), rank), 0, device));
        return Optional.of(new LowRank(down, up, ALPHA_PER_RANK));
      }
    });
  }

  private void train(WanTransformer whole, WanTransformer changed, List<Calibration.Batch> batches, Map<String, Tensor> choices,
      List<int[]> ways, Rng rng) {
    Map<String, Tensor> changes = new LinkedHashMap<>();
    changed.parameters().forEach((name, t) -> {
      if (name.contains(".lora.")) changes.put(name, t);
    });
    Map<String, Tensor> all = new LinkedHashMap<>(changes);
    all.putAll(choices);
    try (Learner learner = new Learner(all, List.of(new AdamWOptimizer(changes, RULE), new AdamWOptimizer(choices, RULE)), List
        .of(
            Schedule.constant(rate), Schedule.constant(CHOICES_RATE * rate)), 1, 0)) {
      for (int step = 0; step < steps; step++) {
        double done = (double) step / Math.max(1, steps - 1);
        double temperature = FIRST_TEMPERATURE + (LAST_TEMPERATURE - FIRST_TEMPERATURE) * done;
        Calibration.Batch batch = batches.get(step % batches.size());
        try (Scope scope = Scope.open()) {
          Tensor timestep = batch.sigma().mul(1000);
          Tensor goal;
          try (var paused = Tape.pause()) {
            goal = whole.forward(batch.x(), timestep, batch.context());
          }
          learner.learn(() -> {
            List<Tensor> masks = masks(choices, ways, temperature, rng);
            return Losses.mse(changed.forward(batch.x(), timestep, batch.context(), gated(masks)), goal);
          });
        }
      }
    }
  }

  private static BlockRunner gated(List<Tensor> masks) {
    return (int index, WanBlock block, BlockInputs in) -> in.x().add(block.forward(in).sub(in.x()).mul(masks.get(index)));
  }

  /// For each block 1 if it is in the way that was drawn, else 0, with the gradients of soft choices.
  private List<Tensor> masks(Map<String, Tensor> choices, List<int[]> ways, double temperature, Rng rng) {
    List<Tensor> masks = new ArrayList<>();
    for (Tensor scores : choices.values()) {
      float[] gumbel = new float[ways.size()];
      for (int i = 0; i < gumbel.length; i++) gumbel[i] = (float) -Math.log(-Math.log(Math.max(rng.nextUniform(), 1e-9)));
      Tensor noise = Tensor.of(gumbel, gumbel.length).to(scores.device());
      Tensor soft = Softmax.softmax(scores.mul(SHARPNESS).add(noise).div(temperature), 0);
      float[] one = new float[ways.size()];
      one[Ranking.best(soft.toDoubles(), 1).getFirst()] = 1;
      Tensor hard = Tensor.of(one, one.length).to(scores.device()).add(soft.sub(soft.detach()));
      for (int block = 0; block < group; block++) {
        float[] member = new float[ways.size()];
        for (int way = 0; way < member.length; way++) member[way] = contains(ways.get(way), block) ? 1 : 0;
        masks.add(hard.mul(Tensor.of(member, member.length).to(scores.device())).sum());
      }
    }
    return masks;
  }

  private static boolean contains(int[] way, int block) { return IntStream.of(way).anyMatch(b -> b == block); }
}

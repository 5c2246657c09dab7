package dev.raiju.training.prune;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Taylor scores, collected block by block.
record TaylorCriterion(TaylorOptions options) implements Criterion {
  @Override
  public Importance score(BlockSource teacher, Calibration calibration) throws IOException {
    Map<Integer, Importance.Block> blocks = new TreeMap<>();
    if (options.grams()) calibration.run(teacher, new ByGrams(teacher, blocks));
    else {
      try (TaylorScores scores = TaylorScores.listen()) {
        calibration.run(teacher, new ByOutputs(scores));
        return Importance.taylor(scores, teacher.config(), options.rule());
      }
    }
    return new Importance(List.copyOf(blocks.values()));
  }

  private static Map<String, Tensor> named(String prefix, WanBlock block) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    block.parameters().forEach((name, t) -> named.put(prefix + name, t));
    return named;
  }

  private final class ByOutputs implements BlockPass.Visitor {
    private final TaylorScores scores;

    ByOutputs(TaylorScores scores) { this.scores = scores; }

    @Override
    public void enter(int index, WanBlock block) { scores.watch(named("blocks." + index + ".", block)); }

    @Override
    public Tensor run(int index, WanBlock block, BlockInputs in, Calibration.Batch batch) {
      if (!options.padding()) scores.text(batch.lengths().stream().mapToInt(i -> i).toArray());
      return block.forward(in);
    }

    @Override
    public void leave(int index, WanBlock block) { scores.watch(Map.of()); }
  }

  /// Keeps the sums of one block at a time, and adds up scores where there are several passes.
  private final class ByGrams implements BlockPass.Visitor {
    private static final List<String> LAYERS = List.of("selfAttention.query", "selfAttention.key", "selfAttention.value",
        "crossAttention.query", "crossAttention.key", "crossAttention.value", "feedForward.up");

    private final BlockSource teacher;
    private final Map<Integer, Importance.Block> blocks;
    private final Map<String, TaylorScores.Layer> layers = new LinkedHashMap<>();
    private final List<Grams> open = new ArrayList<>();

    ByGrams(BlockSource teacher, Map<Integer, Importance.Block> blocks) {
      this.teacher = teacher;
      this.blocks = blocks;
    }

    @Override
    public void enter(int index, WanBlock block) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      Map<String, Tensor> all = block.parameters();
      for (String layer : LAYERS) weights.put(layer, weight(all, layer));
      open.add(Grams.listen(weights));
    }

    private static Tensor weight(Map<String, Tensor> all, String layer) {
      Tensor weight = all.get(layer + ".weight");
      if (weight == null) throw new IllegalStateException("taylor scores: a block has no " + layer);
      return weight;
    }

    @Override
    public void leave(int index, WanBlock block) {
      String prefix = "blocks." + index + ".";
      Map<String, Tensor> all = block.parameters();
      try (Grams grams = open.removeLast()) {
        for (String layer : LAYERS) {
          Tensor bias = all.get(layer + ".bias");
          layers.merge(prefix + layer + ".weight", grams.layer(layer, weight(all, layer), bias == null
              ? new double[0]
              : bias.toDoubles()), TaylorScores.Layer::plus);
        }
      }
      blocks.put(index, options.rule().block(name -> {
        TaylorScores.Layer layer = layers.get(name);
        if (layer == null) throw new IllegalStateException("taylor scores: " + name + " was not used");
        return layer;
      }, prefix, teacher.config().block(index), teacher.config().headWidth()));
    }
  }
}

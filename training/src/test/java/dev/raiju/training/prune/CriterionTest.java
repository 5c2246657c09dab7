package dev.raiju.training.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.training.prune.SmallTransformers.Inputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriterionTest {
  private static final WanConfig CONFIG = SmallTransformers.CONFIG;

  private static List<Calibration.Batch> batches(int count) {
    List<Calibration.Batch> batches = new ArrayList<>();
    for (int seed = 0; seed < count; seed++) {
      Inputs in = Inputs.random(seed);
      batches.add(new Calibration.Batch(in.x(), in.sigma(), in.context(), List.of(1, 2)));
    }
    return batches;
  }

  private static void assertSame(Importance expected, Importance actual, double relative) {
    assertEquals(expected.blocks().size(), actual.blocks().size());
    for (int i = 0; i < expected.blocks().size(); i++) {
      assertClose(expected.blocks().get(i).selfHeads(), actual.blocks().get(i).selfHeads(), relative);
      assertClose(expected.blocks().get(i).crossHeads(), actual.blocks().get(i).crossHeads(), relative);
      assertClose(expected.blocks().get(i).neurons(), actual.blocks().get(i).neurons(), relative);
    }
  }

  private static void assertClose(double[] expected, double[] actual, double relative) {
    assertArrayEquals(expected, actual, relative * Arrays.stream(expected).max().orElseThrow());
  }

  private static Importance score(Criterion criterion, WanTransformer model, Calibration calibration) throws IOException {
    return criterion.score(BlockSource.of(model), calibration);
  }

  /// Block after block for all batches is what batch after batch through the whole model is.
  @Test
  void blockByBlockIsTheWholeModel() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(1)) {
      List<Calibration.Batch> batches = batches(3);
      Importance expected;
      List<Tensor> velocities = new ArrayList<>();
      try (TaylorScores scores = TaylorScores.listen(model.parameters())) {
        for (Calibration.Batch batch : batches)
          velocities.add(model.forward(batch.x(), batch.sigma().mul(1000), batch.context()));
        expected = Importance.taylor(scores, CONFIG);
      }
      assertSame(expected, score(Criterion.taylor(TaylorOptions.PLAIN), model, Calibration.of(batches)), 0);
      List<Tensor> made = BlockPass.run(BlockSource.of(model), batches, new BlockPass.Visitor() {});
      for (int i = 0; i < 3; i++) assertArrayEquals(velocities.get(i).toDoubles(), made.get(i).toDoubles());
    }
  }

  @Test
  void aFileIsScoredLikeTheModelInIt(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.safetensors");
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(1)) {
      SafeTensors.write(file, WanWeights.named(model, WanWeights.DIFFUSERS), Map.of());
      Device device = Device.best();
      try (TensorFile stored = TensorFile.open(file);
          WanTransformer loaded = WanWeights.load(stored, CONFIG, device);
          BlockSource source = BlockSource.of(stored, CONFIG, device)) {
        List<Calibration.Batch> batches = batches(2).stream().map(b -> new Calibration.Batch(b.x().to(DType.F32)
            .to(device), b.sigma().to(DType.F32).to(device), b.context().to(DType.F32).to(
                device), b.lengths())).toList();
        Criterion taylor = Criterion.taylor(TaylorOptions.PLAIN);
        assertSame(score(taylor, loaded, Calibration.of(batches)), taylor.score(source, Calibration.of(batches)), 0);
      }
    }
  }

  /// `w Xᵀ X wᵀ` is the energy of the outputs, with biases too.
  @Test
  void gramsGiveTheScoresOfOutputs() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(2)) {
      Calibration calibration = Calibration.of(batches(2));
      for (TaylorRule.Bias bias : TaylorRule.Bias.values()) {
        TaylorRule rule = new TaylorRule(TaylorRule.Heads.QUERY_KEY_VALUE, bias);
        Importance outputs = score(Criterion.taylor(new TaylorOptions(rule, true, false)), model, calibration);
        Importance grams = score(Criterion.taylor(new TaylorOptions(rule, true, true)), model, calibration);
        assertSame(outputs, grams, 1e-9);
      }
    }
  }

  @Test
  void biasesCountAsAsked() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(2)) {
      Calibration calibration = Calibration.of(batches(1));
      double[] plain = neurons(model, calibration, TaylorRule.Bias.NONE);
      double[] added = neurons(model, calibration, TaylorRule.Bias.ADDED);
      double[] bias = model.blocks().getFirst().feedForward().upBias().toDoubles();
      long tokens = 2L * 2 * 2 * 1;
      for (int i = 0; i < plain.length; i++) assertEquals(plain[i] + tokens * bias[i] * bias[i], added[i], 1e-9 * added[i]);
      assertNotEquals(added[0], neurons(model, calibration, TaylorRule.Bias.JOINT)[0], 1e-9);
    }
  }

  private static double[] neurons(WanTransformer model, Calibration calibration, TaylorRule.Bias bias) throws IOException {
    TaylorRule rule = new TaylorRule(TaylorRule.Heads.VALUE, bias);
    return score(Criterion.taylor(new TaylorOptions(rule, true, false)), model, calibration).blocks().getFirst().neurons();
  }

  /// With padding left out, what stands behind the text does not matter for keys and values.
  @Test
  void paddingIsLeftOutWhereAsked() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(2)) {
      Calibration.Batch batch = batches(1).getFirst();
      TaylorRule rule = new TaylorRule(TaylorRule.Heads.VALUE, TaylorRule.Bias.NONE);
      double[] text = score(Criterion.taylor(new TaylorOptions(rule, false, false)), model, Calibration.of(List.of(batch)))
          .blocks()
          .getFirst().crossHeads();
      // sample 0 has one row of text and sample 1 two
      Tensor states = model.text().forward(batch.context());
      Tensor values = model.blocks().getFirst().crossAttention().value().forward(states).sub(model.blocks().getFirst()
          .crossAttention().value().bias().orElseThrow());
      Tensor rows = Tensor.concat(0, values.select(0, 0).slice(0, 0, 1), values.select(0, 1).slice(0, 0, 2));
      double[] energies = rows.square().sum(0).toDoubles();
      double[] expected = new double[CONFIG.heads()];
      for (int i = 0; i < energies.length; i++) expected[i / CONFIG.headWidth()] += energies[i];
      assertClose(expected, text, 1e-9);
    }
  }

  @Test
  void ranksAreMeansOfPlaces() {
    TaylorRule rule = new TaylorRule(TaylorRule.Heads.MEAN_RANK, TaylorRule.Bias.NONE);
    Map<String, double[]> rows = Map.of("query", new double[] {1000, 3, 2}, "key", new double[] {1, 3, 2}, "value", new double[] {
      1,
      3, 2}, "up", new double[] {1});
    Importance.Block block = rule.block(name -> {
      double[] of = rows.get(name.replaceAll(".*\\.(\\w+)\\.weight", "$1"));
      return new TaylorScores.Layer(of == null ? new double[0] : of, of == null ? new double[0] : of, new double[3], 1);
    }, "", new WanConfig.BlockSizes(3, 3, 1), 1);
    // places from below: query 2 1 0, key and value 0 2 1
    assertArrayEquals(new double[] {2 / 3.0, 5 / 3.0, 2 / 3.0}, block.selfHeads(), 1e-12);
  }

  /// The energy of a head's contribution, computed by muting all others.
  @Test
  void outputEnergyIsThatOfWhatAPartAdds() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(4)) {
      Calibration calibration = Calibration.of(batches(1));
      Importance.Block scored = score(Criterion.outputAware(), model, calibration).blocks().getFirst();
      double[] seen = new double[1];
      int width = CONFIG.headWidth();
      calibration.run(BlockSource.of(model), new BlockPass.Visitor() {
        @Override
        public Tensor run(int index, WanBlock block, BlockInputs in, Calibration.Batch batch) {
          if (index == 0) {
            Tensor m = block.modulation().add(in.modulation());
            Tensor x = ModulatedLayerNorm.modulatedLayerNorm(in.x(), m.slice(1, 0, 1), m.slice(1, 1, 1), block.eps());
            Tensor columns = block.selfAttention().output().weight().slice(1, width, width);
            seen[0] = attended(block, x, in).slice(2, width, width).matmul(columns.transpose()).square().sum().item();
          }
          return block.forward(in);
        }
      });
      assertEquals(seen[0], scored.selfHeads()[1], 1e-9 * seen[0]);
    }
  }

  private static Tensor attended(WanBlock block, Tensor x, BlockInputs in) {
    var a = block.selfAttention();
    Tensor q = in.rope().rotate(a.split(a.queryNorm().forward(a.query().forward(x))));
    Tensor k = in.rope().rotate(a.split(a.keyNorm().forward(a.key().forward(x))));
    return Attention.attention(q, k, a.split(a.value().forward(x))).flatten(2, 4);
  }

  @Test
  void magnitudesAreSquaresOfRows() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(5)) {
      Importance.Block block = score(Criterion.magnitude(TaylorRule.Heads.VALUE), model, Calibration.of(List.of())).blocks().get(
          1);
      double[] up = model.blocks().get(1).feedForward().up().square().sum(1).toDoubles();
      assertArrayEquals(up, block.neurons());
      double[] value = model.blocks().get(1).selfAttention().value().weight().reshape(CONFIG.heads(), -1).square().sum(1)
          .toDoubles();
      assertClose(value, block.selfHeads(), 1e-12);
    }
  }

  @Test
  void randomScoresAreTheSameForASeed() throws IOException {
    try (WanTransformer model = SmallTransformers.random(5)) {
      Calibration none = Calibration.of(List.of());
      assertSame(score(Criterion.random(3), model, none), score(Criterion.random(3), model, none), 0);
      assertNotEquals(score(Criterion.random(3), model, none).blocks().getFirst().neurons()[0], score(Criterion.random(4), model,
          none).blocks().getFirst().neurons()[0]);
    }
  }

  /// A block that changes nothing has no influence, and goes first.
  @Test
  void theBlockThatTurnsLeastGoes() throws IOException {
    try (Scope scope = Scope.open();
        WanTransformer whole = SmallTransformers.random(6);
        WanTransformer model = SmallTransformers.changed(whole, (name, t) -> name.matches("blocks.0.*(output|down).*")
            ? t.mul(0)
            : t)) {
      double[] influence = BlockInfluence.of(BlockSource.of(model), Calibration.of(batches(2)));
      assertEquals(0, influence[0], 1e-12);
      assertTrue(influence[1] > 1e-3, Arrays.toString(influence));
      Kept kept = Selection.blockInfluence(1).choose(BlockSource.of(model), Calibration.of(batches(2)));
      assertEquals(List.of(1), kept.indices());
      assertThrows(IllegalArgumentException.class, () -> Selection.blockInfluence(3).choose(BlockSource.of(model), Calibration.of(
          batches(1))));
      assertEquals(List.of(0, 1), Selection.spacedBlocks(2).choose(BlockSource.of(model), Calibration.of(List.of())).indices());
      assertEquals(1, Selection.randomBlocks(1, 3).choose(BlockSource.of(model), Calibration.of(List.of())).indices().size());
    }
  }

  /// The points of a way are those that the model itself goes through.
  @Test
  void trajectoriesGoDownTheModelsOwnWay() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(7)) {
      List<Calibration.Batch> starts = batches(1);
      List<double[]> seen = new ArrayList<>();
      Calibration ways = Calibration.trajectories(starts, List.of(1.0, 0.6));
      ways.run(BlockSource.of(model), new BlockPass.Visitor() {
        @Override
        public Tensor run(int index, WanBlock block, BlockInputs in, Calibration.Batch batch) {
          if (index == 0) seen.add(batch.x().toDoubles());
          return block.forward(in);
        }
      });
      Tensor x = starts.getFirst().x();
      Tensor v = model.forward(x, starts.getFirst().sigma().like(1000), starts.getFirst().context());
      assertArrayEquals(x.toDoubles(), seen.get(0));
      assertArrayEquals(x.add(v.mul(0.6 - 1.0)).toDoubles(), seen.get(1), 1e-12);
    }
  }

  @Test
  void aGlobalBudgetGivesMoreToBlocksThatNeedIt() {
    double[] even = {1, 1, 1, 1};
    double[] one = {10, 0.1, 0.1, 0.1};
    Importance importance = new Importance(List.of(new Importance.Block(even, even, even), new Importance.Block(one, one, one)));
    Kept kept = importance.best(Budget.global(2, 2));
    assertEquals(List.of(0, 1, 2), kept.blocks().get(0).neurons());
    assertEquals(List.of(0), kept.blocks().get(1).neurons());
    assertEquals(2, importance.best(Budget.uniform(2, 2)).blocks().get(1).neurons().size());
    assertThrows(IllegalArgumentException.class, () -> importance.best(Budget.global(5, 2)));
  }
}

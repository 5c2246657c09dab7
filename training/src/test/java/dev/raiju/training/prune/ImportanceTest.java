package dev.raiju.training.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.training.prune.SmallTransformers.Inputs;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImportanceTest {
  private static final WanConfig CONFIG = SmallTransformers.CONFIG;

  private static TaylorScores scores(WanTransformer model) {
    try (TaylorScores scores = TaylorScores.listen(model.parameters())) {
      for (long seed = 0; seed < 2; seed++) Inputs.random(seed).velocity(model);
      return scores;
    }
  }

  /// A matrix with some rows ten times as large: their energy is a hundred times as large.
  private static Tensor loud(Tensor t, int from, int to) {
    double[] factors = new double[(int) t.size(0)];
    for (int i = 0; i < factors.length; i++) factors[i] = i >= from && i < to ? 10 : 1;
    return t.mul(Tensor.of(factors, factors.length, 1));
  }

  @Test
  void loudHeadsAndNeuronsMatterMost() {
    int d = CONFIG.headWidth();
    try (Scope scope = Scope.open();
        WanTransformer whole = SmallTransformers.random(8);
        WanTransformer model = SmallTransformers.changed(whole, (name, t) -> switch (name) {
          case "blocks.0.selfAttention.value.weight" -> loud(t, 2 * d, 3 * d);
          case "blocks.0.crossAttention.query.weight" -> loud(t, d, 2 * d);
          case "blocks.1.feedForward.up.weight" -> loud(t, 4, 6);
          default -> t;
        })) {
      Importance importance = Importance.taylor(scores(model), CONFIG);
      Kept kept = importance.best(1, 2);
      assertEquals(List.of(2), kept.blocks().get(0).selfHeads());
      assertEquals(List.of(1), kept.blocks().get(0).crossHeads());
      assertEquals(List.of(4, 5), kept.blocks().get(1).neurons());
      Importance values = Importance.taylor(scores(model), CONFIG, new TaylorRule(TaylorRule.Heads.VALUE, TaylorRule.Bias.NONE));
      assertEquals(List.of(2), values.best(1, 1).blocks().get(0).selfHeads());
    }
  }

  @Test
  void aHeadIsTheSumOfItsRows() {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(9)) {
      TaylorScores scores = scores(model);
      double[] expected = new double[CONFIG.heads()];
      for (String part : List.of("query", "key", "value")) {
        double[] rows = scores.layer("blocks.1.crossAttention." + part + ".weight").rows();
        for (int i = 0; i < rows.length; i++) expected[i / CONFIG.headWidth()] += rows[i];
      }
      Importance.Block block = Importance.taylor(scores, CONFIG).blocks().get(1);
      assertArrayEquals(expected, block.crossHeads(), 1e-9 * expected[0]);
      assertArrayEquals(scores.layer("blocks.1.feedForward.up.weight").rows(), block.neurons());
    }
  }

  @Test
  void refusesScoresOfAnotherModel() {
    try (Scope scope = Scope.open(); WanTransformer model = SmallTransformers.random(9)) {
      TaylorScores scores = scores(model);
      String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> Importance.taylor(scores, CONFIG.withFfn(
          8))).getMessage());
      assertEquals("taylor scores: blocks.0.feedForward.up.weight has 7 rows; needs 8", message);
      assertThrows(IllegalArgumentException.class, () -> Importance.taylor(scores, CONFIG).best(4, 1));
    }
  }

  @Test
  void equalScoresKeepTheLowerIndex() {
    assertEquals(List.of(3, 0, 2, 1), Ranking.falling(new double[] {1, 0, 1, 2}));
    assertEquals(List.of(0, 3), Ranking.best(new double[] {1, 0, 1, 2}, 2));
    assertThrows(IllegalArgumentException.class, () -> Ranking.best(new double[] {1, Double.NaN}, 1));
    assertThrows(IllegalArgumentException.class, () -> Ranking.best(new double[1], 2));
  }
}

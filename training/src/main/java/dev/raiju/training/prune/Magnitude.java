package dev.raiju.training.prune;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Squares of weights. Nothing is run.
record Magnitude(TaylorRule.Heads heads) implements Criterion {
  @Override
  public Importance score(BlockSource teacher, Calibration calibration) throws IOException {
    TaylorRule rule = new TaylorRule(heads, TaylorRule.Bias.NONE);
    List<Importance.Block> blocks = new ArrayList<>();
    for (int i = 0; i < teacher.config().layers(); i++) {
      int index = i;
      blocks.add(teacher.with(index, block -> {
        Map<String, Tensor> parameters = block.parameters();
        return rule.block(name -> squares(Objects.requireNonNull(parameters.get(name))), "", teacher.config().block(index),
            teacher.config().headWidth());
      }));
    }
    return new Importance(blocks);
  }

  private static TaylorScores.Layer squares(Tensor weight) {
    try (Scope scope = Scope.open()) {
      double[] rows = Trace.silently(() -> weight.square().sum(1).toDoubles());
      return new TaylorScores.Layer(rows, rows, new double[rows.length], 1);
    }
  }
}

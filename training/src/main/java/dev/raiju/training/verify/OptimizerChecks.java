package dev.raiju.training.verify;

import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.tensor.op.MovingAverage;
import dev.raiju.training.optim.AdamWOptimizer;
import dev.raiju.training.optim.GradientNorm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Optimiser steps, clipping, and the moving average of parameters.
final class OptimizerChecks {
  private static final double PARAMETER = 1e-6;
  private static final double UPDATE = 1e-3;

  private OptimizerChecks() {}

  static void check(GoldenFile golden, Comparison results) throws IOException {
    Fields cases = golden.config().object("cases");
    for (String name : cases.names()) adamW(golden, results, name, cases.object(name));
    for (double limit : golden.config().numbers("clip")) clip(golden, results, limit);
    average(golden, results);
  }

  private static void adamW(GoldenFile golden, Comparison results, String name, Fields settings) throws IOException {
    double[] betas = settings.numbers("betas");
    double[] rates = settings.numbers("lr");
    if (betas.length != 2) throw settings.refuse("betas", "needs two numbers");
    AdamW rule = new AdamW(betas[0], betas[1], settings.number("eps"), settings.number("weight_decay"));
    Tensor gradients = golden.tensor("in.grads");
    Tensor p = golden.tensor("in.p0").copy();
    Tensor before = p.copy();
    try (AdamWOptimizer optimizer = new AdamWOptimizer(Map.of("p", p), rule)) {
      for (int i = 0; i < rates.length; i++) {
        optimizer.step(i + 1, rates[i], Map.of("p", gradients.select(0, i).contiguous()), 1);
        String step = name + "[" + i + "].";
        Tensor expected = golden.tensor(name + ".p").select(0, i);
        Tensor start = i == 0 ? golden.tensor("in.p0") : golden.tensor(name + ".p").select(0, i - 1);
        moment(golden, results, name + ".m", i, optimizer.state().get("p.first_moment"));
        moment(golden, results, name + ".v", i, optimizer.state().get("p.second_moment"));
        update(results, step + "update", p.sub(before), expected.sub(start), largest(expected));
        results.check(step + "p", p, expected, PARAMETER);
        before = p.copy();
      }
    }
  }

  private static void moment(GoldenFile golden, Comparison results, String name, int step, @Nullable Tensor moment)
      throws IOException {
    results.check(name + "[" + step + "]", Objects.requireNonNull(moment), golden.tensor(name).select(0, step),
        Comparison.ELEMENTWISE);
  }

  /// Updates may be far smaller than parameters: compared by their own size, apart from what storing the parameter in f32 rounds off
  /// on both sides.
  private static void update(Comparison results, String name, Tensor actual, Tensor expected, double parameter) {
    double size = largest(expected);
    if (size == 0) size = 1;
    results.check(name, actual.div(size), expected.div(size), UPDATE + 2 * Math.ulp((float) parameter) / size);
  }

  private static double largest(Tensor t) { return t.abs().max().item(); }

  private static void clip(GoldenFile golden, Comparison results, double limit) throws IOException {
    String name = "clip" + (limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit)) + ".";
    Tensor gradients = golden.tensor("in.grads");
    // the second of the two tensors is the beginning of the next step's gradient
    Tensor second = gradients.select(0, 1).reshape(-1).slice(0, 0, golden.tensor(name + "g1").size(0));
    List<Tensor> both = List.of(gradients.select(0, 0), second);
    double norm = GradientNorm.of(both);
    results.check(name + "norm", new double[] {norm}, Comparison.ELEMENTWISE);
    double factor = GradientNorm.clip(norm, limit);
    for (int i = 0; i < both.size(); i++) results.check(name + "g" + i, both.get(i).mul(factor), Comparison.ELEMENTWISE);
  }

  private static void average(GoldenFile golden, Comparison results) throws IOException {
    MovingAverage rule = new MovingAverage(golden.config().number("ema"));
    Tensor values = golden.tensor("big.p");
    Tensor average = golden.tensor("in.p0").copy();
    List<Tensor> averages = new ArrayList<>();
    for (int i = 0; i < values.size(0); i++) {
      rule.step(average, values.select(0, i).contiguous());
      averages.add(average.copy());
    }
    results.check("ema", Tensor.stack(0, averages), Comparison.ELEMENTWISE);
  }
}

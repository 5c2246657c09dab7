package dev.raiju.bench;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.training.optim.AdamWOptimizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A step of AdamW over 16 tensors.
final class OptimizerCases {
  private static final long PARAMETERS = 1 << 24;
  private static final int TENSORS = 16;
  private static final double RATE = 1e-4;
  private static final AdamW RULE = new AdamW(0.9, 0.999, 1e-8, 0.01);
  // elements of each tensor whose error is measured
  private static final long SAMPLES = 1 << 12;

  private OptimizerCases() {}

  static List<Case> all() {
    Case step = Case.of("adamw_fused_16M", kind -> Work.of(12 * PARAMETERS, 7 * kind.bytes() * PARAMETERS, PARAMETERS),
        OptimizerCases::adamW).kinds(Kind.F32);
    return List.of(step, step.named("adamw_foreach_16M"));
  }

  private static Task adamW(Kind kind, Device device) {
    Inputs inputs = new Inputs(device);
    Map<String, Tensor> parameters = draw(inputs, "parameter");
    Map<String, Tensor> gradients = draw(inputs, "gradient");
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    for (int i = 0; i < TENSORS; i++) renamed.put("parameter" + i, gradients.get("gradient" + i));
    AdamWOptimizer optimizer = inputs.own(new AdamWOptimizer(parameters, RULE));
    long[] step = {0};
    return new OpTask(inputs, () -> optimizer.step(++step[0], RATE, renamed, 1), () -> firstStep(device));
  }

  private static Map<String, Tensor> draw(Inputs inputs, String name) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (int i = 0; i < TENSORS; i++) all.put(name + i, inputs.normal(PARAMETERS / TENSORS));
    return all;
  }

  /// The error of the first step from moments of zero.
  private static Task.Accuracy firstStep(Device device) {
    try (Inputs inputs = new Inputs(device)) {
      Tensor p = inputs.normal(SAMPLES);
      Tensor g = inputs.normal(SAMPLES);
      Tensor exact = inputs.own(Exact.of(p).alias());
      step(p, g);
      step(exact, Exact.of(g));
      return Task.Accuracy.of(Exact.error(p, exact)).at(SAMPLES);
    }
  }

  private static void step(Tensor p, Tensor g) {
    try (AdamWOptimizer optimizer = new AdamWOptimizer(Map.of("p", p), RULE)) {
      optimizer.step(1, RATE, Map.of("p", g), 1);
    }
  }
}

package dev.raiju.training.recipe;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.LossScale;
import dev.raiju.training.optim.AdamWOptimizer;
import dev.raiju.training.optim.Muon;
import dev.raiju.training.optim.Optimizer;
import dev.raiju.training.optim.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// How a stage learns: the `"learning"` of its configuration.
///
/// @param rate of AdamW
/// @param textRate of AdamW for a text encoder, if one is trained. Its scores are not scaled, so that Muon's even steps soon
///     leave each row with one neighbour, and no word learns which object it belongs to
/// @param muonRate of Muon for the matrices inside a transformer's blocks; 0 leaves them to AdamW
/// @param beta1 of AdamW
/// @param beta2 of AdamW
/// @param eps of AdamW
/// @param weightDecay of both
/// @param warmup steps until the rate is reached
/// @param decay how rates go down
/// @param decayFrom the part of the steps after which they go down
/// @param last the final rate as a part of the peak
/// @param clip the longest gradient that is taken as it is
/// @param average decay of the moving average, 0 for none
/// @param spike a gradient so many times as long as the median of the last ones is left out; 0 for none
/// @param compute the type that the factors of products are rounded to, forward, backward and in Muon: f32 or bf16; or f16, forward
///     alone, with a [LossScale], and bf16 in Muon
record Learning(double rate, double textRate, double muonRate, double beta1, double beta2, double eps, double weightDecay,
    long warmup,
    Schedule.Shape decay, double decayFrom,
    double last, double clip, double average, double spike, DType compute) {
  /// What the names of a text encoder's parameters begin with.
  static final String TEXT = "text.";

  private static final double MUON_MOMENTUM = 0.95;

  static Learning read(Fields json) throws ModelFormatException {
    String decay = json.string("decay", "constant");
    Schedule.Shape shape = Arrays.stream(Schedule.Shape.values()).filter(s -> s.name().toLowerCase(Locale.ROOT).equals(decay))
        .findFirst()
        .orElseThrow(() -> json.refuse("decay", "is " + decay + "; needs constant, linear or cosine"));
    Learning learning = new Learning(json.number("rate"), json.number("text_rate", json.number("rate")), json.number(
        "muon_rate", 0), json.number("beta1", 0.9), json.number(
            "beta2", 0.999),
        json.number("eps", 1e-8), json.number("weight_decay", 0.01), json.integer("warmup", 0), shape, json.number("decay_from",
            0),
        json.number("last", 0), json.number("clip", 1), json.number("average", 0), json.number("spike", 0), compute(json));
    json.refuseUnknown();
    return learning;
  }

  private static DType compute(Fields json) throws ModelFormatException {
    String name = json.string("compute", "f32");
    return switch (name) {
      case "f32" -> DType.F32;
      case "bf16" -> DType.BF16;
      case "f16" -> DType.F16;
      default -> throw json.refuse("compute", "is " + name + "; needs f32, bf16 or f16");
    };
  }

  private Schedule schedule(double peak, long steps) { return new Schedule(decay, peak, warmup, steps, decayFrom, last); }

  /// A learner for these parameters over `steps` steps.
  Learner learner(Map<String, Tensor> parameters, long steps) {
    Map<String, Tensor> matrices = new LinkedHashMap<>();
    Map<String, Tensor> text = new LinkedHashMap<>();
    Map<String, Tensor> others = new LinkedHashMap<>();
    parameters.forEach((name, p) -> {
      boolean matrix = muonRate > 0 && p.rank() == 2 && name.contains("blocks.");
      (name.startsWith(TEXT) ? text : matrix ? matrices : others).put(name, p);
    });
    List<Optimizer> optimizers = new ArrayList<>();
    List<Schedule> schedules = new ArrayList<>();
    optimizers.add(new AdamWOptimizer(others, new AdamW(beta1, beta2, eps, weightDecay)));
    schedules.add(schedule(rate, steps));
    if (!text.isEmpty()) {
      optimizers.add(new AdamWOptimizer(text, new AdamW(beta1, beta2, eps, weightDecay)));
      schedules.add(schedule(textRate, steps));
    }
    if (!matrices.isEmpty()) {
      optimizers.add(new Muon(matrices, MUON_MOMENTUM, weightDecay, compute == DType.F16 ? DType.BF16 : compute));
      schedules.add(schedule(muonRate, steps));
    }
    return new Learner(parameters, optimizers, schedules, clip, average, spike, compute == DType.F16
        ? Optional.of(LossScale.dynamic())
        : Optional.empty());
  }
}

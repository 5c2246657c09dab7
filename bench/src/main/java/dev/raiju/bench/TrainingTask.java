package dev.raiju.bench;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.AdamW;
import dev.raiju.training.distill.FlowLoss;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.optim.AdamWOptimizer;
import dev.raiju.training.optim.Schedule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/// A training step: noise, loss of flow matching, backward, clipping, AdamW. In bf16 the weights stay in f32, and products are
/// narrow forward and backward.
final class TrainingTask {
  private static final double RATE = 1e-4;
  private static final double CLIP = 1;

  private TrainingTask() {}

  static Task of(Kind kind, Device device, WanConfig config, ModelCases.Grid grid) {
    Inputs inputs = new Inputs(device);
    WanTransformer model = inputs.own(WanTransformer.create(config, inputs.initializer()));
    WanTransformer ours = kind == Kind.F32 ? model : inputs.own(model.computing(DType.BF16));
    ForwardTask.Call call = ForwardTask.Call.draw(inputs, config, grid);
    Map<String, Tensor> parameters = ours.parameters();
    AdamWOptimizer optimizer = new AdamWOptimizer(parameters, new AdamW(0.9, 0.95, 1e-8, 0.01));
    Learner learner = inputs.own(new Learner(parameters, List.of(optimizer), List.of(Schedule.constant(RATE)), CLIP, 0));
    return new OpTask(inputs, () -> learner.learn(() -> {
      Tensor noise = inputs.rng().normal(device, call.latent().shape().sizes());
      return FlowLoss.of(ours::forward, call.latent(), noise, inputs.rng().uniform(device, 1), call.context());
    }), () -> {
      ModelCases.Grid small = ForwardTask.smaller(grid);
      try (Inputs others = new Inputs(device); WanTransformer exact = Exact.of(model)) {
        ForwardTask.Call drawn = ForwardTask.Call.draw(others, config, small);
        Tensor noise = others.normal(drawn.latent().shape().sizes());
        Tensor sigma = others.keep(() -> others.rng().uniform(device, 1));
        List<Tensor> found = gradients(ours, drawn, noise, sigma);
        List<Tensor> wanted = gradients(exact, drawn.exact(), Exact.of(noise), Exact.of(sigma));
        return ForwardTask.at(Task.Accuracy.of(Exact.error(found, wanted)), grid, small);
      }
    });
  }

  private static List<Tensor> gradients(WanTransformer model, ForwardTask.Call call, Tensor noise, Tensor sigma) {
    Collection<Tensor> parameters = model.parameters().values();
    try (Scope scope = Scope.open(); Tape tape = Tape.record(parameters)) {
      Tensor loss = FlowLoss.of(model::forward, call.latent(), noise, sigma, call.context());
      Gradients gradients = tape.gradients(loss, parameters);
      List<Tensor> all = new ArrayList<>();
      for (Tensor p : parameters) all.add(scope.keep(gradients.of(p)));
      return all;
    }
  }
}

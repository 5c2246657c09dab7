package dev.raiju.bench;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;

/// One forward pass of a whole transformer, text embedding included. Types are as in [BlockTask].
final class ForwardTask {
  /// Where errors of models are measured: f64 takes long.
  private static final ModelCases.Grid SMALL = new ModelCases.Grid(1, 16, 16);
  // in f64 a larger model takes more memory than most machines have
  private static final long MOST_PARAMETERS = 100_000_000;

  private ForwardTask() {}

  /// A latent, a timestep and a text.
  record Call(Tensor latent, Tensor timestep, Tensor context) {
    static Call draw(Inputs inputs, WanConfig config, ModelCases.Grid grid) {
      return new Call(inputs.normal(1, config.inChannels(), grid.frames(), grid.height(), grid.width()), inputs.keep(() -> Tensor
          .of(new float[] {500}, 1).to(inputs.device())), inputs.normal(1, config.textLength(), config.textDim()));
    }

    Call exact() { return new Call(Exact.of(latent), Exact.of(timestep), Exact.of(context)); }

    Tensor run(WanTransformer model) { return model.forward(latent, timestep, context); }
  }

  static Task of(Kind kind, Device device, WanConfig config, ModelCases.Grid grid) {
    Inputs inputs = new Inputs(device);
    WanTransformer wide = inputs.own(WanTransformer.create(config, inputs.initializer()));
    WanTransformer ours = kind == Kind.F32 ? wide : inputs.own(inputs.own(wide.narrow(DType.BF16)).computing(DType.BF16));
    Call call = Call.draw(inputs, config, grid);
    return new OpTask(inputs, () -> call.run(ours), () -> {
      if (wide.parameterCount() > MOST_PARAMETERS) return Task.Accuracy.none("the model in f64 does not fit beside it");
      ModelCases.Grid small = smaller(grid);
      try (Inputs others = new Inputs(device); WanTransformer exact = Exact.of(wide)) {
        Call smallCall = Call.draw(others, config, small);
        return at(Task.Accuracy.of(Exact.error(smallCall.run(ours), smallCall.exact().run(exact))), grid, small);
      }
    });
  }

  static ModelCases.Grid smaller(ModelCases.Grid grid) { return grid.tokens() <= SMALL.tokens() ? grid : SMALL; }

  /// Says how many tokens an error was measured on if they are fewer than the case's.
  static Task.Accuracy at(Task.Accuracy accuracy, ModelCases.Grid grid, ModelCases.Grid measured) {
    return measured.equals(grid) ? accuracy : accuracy.at(measured.tokens());
  }
}

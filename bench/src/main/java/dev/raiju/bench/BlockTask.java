package dev.raiju.bench;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockText;
import dev.raiju.models.dit.RotaryTables;
import dev.raiju.models.dit.TokenGrid;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;

/// One transformer block; keys and values of the text are part of the call. In bf16 weights and products are narrow, and the
/// residual stream stays in f32, as the pipeline runs it.
final class BlockTask {
  private BlockTask() {}

  static Task of(Kind kind, Device device, WanConfig config, ModelCases.Grid grid) {
    Inputs inputs = new Inputs(device);
    WanBlock wide = inputs.own(WanBlock.create(inputs.initializer(), config));
    WanBlock ours = kind == Kind.F32 ? wide : inputs.own(narrow(inputs, wide));
    Tensor text = inputs.normal(1, config.textLength(), config.dim());
    BlockInputs in = call(inputs, device, DType.F32, config, grid, text);
    return new OpTask(inputs, () -> ours.forward(in), () -> {
      ModelCases.Grid small = ForwardTask.smaller(grid);
      try (Inputs here = new Inputs(device); Inputs there = new Inputs(device); WanBlock exact = Exact.of(wide)) {
        Tensor found = ours.forward(call(here, device, DType.F32, config, small, text));
        Tensor wanted = exact.forward(call(there, Exact.DEVICE, DType.F64, config, small, Exact.of(text)));
        return ForwardTask.at(Task.Accuracy.of(Exact.error(found, wanted)), grid, small);
      }
    });
  }

  private static WanBlock narrow(Inputs inputs, WanBlock wide) {
    return inputs.own(wide.narrow(DType.BF16)).computing(DType.BF16);
  }

  /// The same numbers on any device.
  private static BlockInputs call(Inputs inputs, Device device, DType type, WanConfig config, ModelCases.Grid grid, Tensor text) {
    Tensor x = inputs.normal(1, grid.tokens(), config.dim());
    Tensor modulation = inputs.normal(1, 6, config.dim());
    TokenGrid tokens = new TokenGrid((int) grid.frames(), (int) grid.height() / 2, (int) grid.width() / 2);
    RotaryTables rope = inputs.own(RotaryTables.of(tokens, config, type, device));
    return new BlockInputs(inputs.keep(() -> x.to(device).to(type)), inputs.keep(() -> modulation.to(device).to(type)),
        new BlockText.Embedded(text), rope);
  }
}

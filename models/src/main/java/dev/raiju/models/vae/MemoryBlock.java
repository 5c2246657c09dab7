package dev.raiju.models.vae;

import dev.raiju.models.nn.ConvolutionLayer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import java.util.List;
import java.util.stream.IntStream;

/// A residual block over each frame and the one before it: `relu(x + conv(relu(conv(relu(conv([x, before]))))))`.
public record MemoryBlock(ConvolutionLayer first, ConvolutionLayer second, ConvolutionLayer third)
    implements
      Module<MemoryBlock> {
  /// The last convolution starts small: with a stack of full-sized branches training diverges.
  static MemoryBlock create(Initializer init, int width) {
    ConvolutionLayer first = ConvolutionLayer.square(init, 2L * width, width, 3, 1, true);
    ConvolutionLayer second = ConvolutionLayer.square(init, width, width, 3, 1, true);
    return new MemoryBlock(first, second, Tae.small(init, width, width));
  }

  /// The blocks of a level.
  static List<MemoryBlock> several(Initializer init, TaeConfig.Level level) {
    return IntStream.range(0, level.blocks()).mapToObj(_ -> create(init, level.width())).toList();
  }

  /// @param x `[B, T, C, H, W]`
  Tensor forward(Tensor x, History history) {
    try (Scope scope = Scope.open()) {
      Tensor both = Steps.step(() -> Tensor.concat(2, x, history.before(this, x)).flatten(0, 2));
      Tensor once = Steps.consume(both, t -> Elementwise.relu(first.forward(t)));
      Tensor twice = Steps.consume(once, t -> Elementwise.relu(second.forward(t)));
      Tensor branch = Steps.consume(twice, third::forward);
      return scope.keep(Elementwise.relu(branch.add(x.flatten(0, 2))).reshape(x.shape()));
    }
  }

  @Override
  public MemoryBlock map(ParameterMap p) {
    return new MemoryBlock(p.module("first", first), p.module("second", second), p.module("third", third));
  }
}

package dev.raiju.models.dit;

import dev.raiju.tensor.Tensor;

/// How the blocks of a transformer are called: the place for activation checkpointing, progress, cancelling, and for looking at
/// what goes in and out.
///
/// ```java
/// BlockRunner checkpointed = (index, block, in) -> Checkpoint.run(
///     tensors -> List.of(block.forward(in.with(tensors))), in.tensors(), block.parameters().values()).getFirst();
/// ```
@FunctionalInterface
public interface BlockRunner {
  /// Calls each block and does nothing else.
  BlockRunner PLAIN = (_, block, in) -> block.forward(in);

  /// Gives the output of block `index`. Its input is closed once it has run: whoever wants it later takes an alias.
  Tensor run(int index, WanBlock block, BlockInputs in);
}

package dev.raiju.training.distill;

import dev.raiju.autograd.Checkpoint;
import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// Runs the blocks of a transformer so that training keeps the inputs of each and nothing inside: memory for one block more instead of
/// all, at the price of a second forward pass.
public record CheckpointedBlocks() implements BlockRunner {
  /// [CheckpointedBlocks], or [BlockRunner#PLAIN].
  public static BlockRunner when(boolean checkpointed) { return checkpointed ? new CheckpointedBlocks() : PLAIN; }

  @Override
  public Tensor run(int index, WanBlock block, BlockInputs in) {
    return Checkpoint.run(tensors -> List.of(block.forward(in.with(tensors))), in.tensors(), block.parameters().values())
        .getFirst();
  }
}

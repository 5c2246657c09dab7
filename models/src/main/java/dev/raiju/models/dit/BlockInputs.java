package dev.raiju.models.dit;

import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// What a block is called with.
///
/// @param x `[B, N, D]`, the residual stream
/// @param modulation `[B, 6, D]`, made from the timestep
/// @param text what cross attention reads
/// @param rope constants of self attention
public record BlockInputs(Tensor x, Tensor modulation, BlockText text, RotaryTables rope) {
  /// Everything that gradients pass to, as a list: what activation checkpointing keeps.
  public List<Tensor> tensors() {
    List<Tensor> all = new ArrayList<>(List.of(x, modulation));
    all.addAll(text.tensors());
    return all;
  }

  /// The same call on other tensors, in the order of [#tensors].
  public BlockInputs with(List<Tensor> tensors) {
    return new BlockInputs(tensors.get(0), tensors.get(1), text.with(tensors.subList(2, tensors.size())), rope);
  }
}

package dev.raiju.models.dit;

import dev.raiju.tensor.Tensor;
import java.util.List;

/// What the cross attention of a block reads.
public sealed interface BlockText {
  /// The embedded text, from which the block makes keys and values.
  ///
  /// @param states `[B, L, D]`
  record Embedded(Tensor states) implements BlockText {
    @Override
    public List<Tensor> tensors() { return List.of(states); }

    @Override
    public Embedded with(List<Tensor> tensors) { return new Embedded(tensors.getFirst()); }
  }

  /// Keys and values of this block that were made before; see [TextKeys].
  ///
  /// @param key `[B, L, h, d]`, normalised
  /// @param value `[B, L, h, d]`
  record Keys(Tensor key, Tensor value) implements BlockText {
    @Override
    public List<Tensor> tensors() { return List.of(key, value); }

    @Override
    public Keys with(List<Tensor> tensors) { return new Keys(tensors.get(0), tensors.get(1)); }
  }

  /// The tensors in it.
  List<Tensor> tensors();

  /// The same with other tensors in their places.
  BlockText with(List<Tensor> tensors);
}

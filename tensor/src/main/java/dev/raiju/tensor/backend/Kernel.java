package dev.raiju.tensor.backend;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// Computes one operation for one combination of types and shapes on one backend.
///
/// Everything was checked when the kernel was chosen: it only reads, computes and writes.
@FunctionalInterface
public interface Kernel {
  /// Computes the outputs. For an [dev.raiju.tensor.op.Update] there are none: it writes some of its inputs.
  void run(List<Tensor> in, List<Tensor> out);

  /// Whether input `index` may have this layout. What a kernel does not take, it gets as a contiguous copy.
  default boolean takes(int index, Layout layout) { return layout.isContiguous(); }

  /// The sizes of the blocks that a run takes from the pool of its device and gives back, at the moment when they are the most. Only
  /// kinds and layouts of the tensors may be looked at: they may be planned and have no memory.
  default List<Long> scratch(List<Tensor> in, List<Tensor> out) { return List.of(); }

  /// A form of an input that a kernel keeps with it.
  ///
  /// @param input its index
  /// @param key see [Buffer#form]
  /// @param bytes that are asked of the pool for it
  record Form(int input, Object key, long bytes) {}

  /// The forms that a run keeps with inputs whose buffers ask for it, and makes if they are not there. Only kinds and layouts of the
  /// tensors may be looked at, as for [#scratch], which includes what making them takes.
  default List<Form> forms(List<Tensor> in, List<Tensor> out) { return List.of(); }

  /// Whether a run waits for a result of the device, so that it cannot be a part of a [Recording].
  default boolean waits() { return false; }

  /// How output `index` shall lie in memory. It must be dense.
  default Layout layout(int index, Spec out, List<Layout> in) { return Layout.contiguous(out.shape()); }
}

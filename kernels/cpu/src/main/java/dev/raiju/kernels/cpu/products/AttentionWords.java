package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/// What the products of an attention are made of: f32 numbers, or pairs of bf16 where its inputs are of it and the processor
/// multiplies such.
///
/// @param pairs empty for f32
record AttentionWords(MicroKernels micro, Optional<PairKernels> pairs) {
  // what a packer of pairs has room for
  private static final int WIDEST = 512;

  /// @param heads tensors `[B, N, h, width]` that are multiplied
  static AttentionWords of(MicroKernels micro, List<Tensor> heads) {
    boolean narrow = heads.stream().allMatch(AttentionWords::isPaired);
    return new AttentionWords(micro, narrow ? micro.pairs() : Optional.empty());
  }

  /// Whether two rows can be brought together as they lie.
  private static boolean isPaired(Tensor t) {
    return t.dtype() == DType.BF16 && t.size(3) <= WIDEST && t.layout().stride(3) == 1 && t.layout().stride(1) != 1;
  }

  boolean arePairs() { return pairs.isPresent(); }

  /// How many words hold so many neighbours along a sum.
  int words(int elements) { return arePairs() ? (elements + 1) / 2 : elements; }

  TileProduct tiles() { return pairs.<TileProduct>map(p -> p).orElse(micro); }

  /// What packs factors.
  ///
  /// @param elements that are summed in all
  LinePacker packer(int elements, Pieces pieces) {
    return arePairs() ? new PairPacking(micro, pairs.get(), elements, pieces) : new Packing(micro, pieces);
  }

  /// The columns of a panel of `columns` queries. Those of pairs are whole: neighbours among queries become words too.
  int width(int columns) { return arePairs() ? micro.panelColumns() : micro.width(columns); }

  /// As [MicroKernels#softmax]; of the exponentials of pairs each row of the first half holds two keys.
  void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    if (arePairs()) pairs.get().softmax(s, sBytes, keys, width, scale, max, sum, factor);
    else
      micro.softmax(s, sBytes, keys, width, scale, max, sum, factor);
  }
}

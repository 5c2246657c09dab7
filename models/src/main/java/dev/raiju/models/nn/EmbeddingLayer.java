package dev.raiju.models.nn;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Gather;

/// One row of a table for each id.
///
/// @param weight `[V, D]`, a float or block type; rows are picked before they are widened, so a mapped table stays in its file
public record EmbeddingLayer(Tensor weight) implements Module<EmbeddingLayer> {
  /// Normal rows.
  public static EmbeddingLayer create(Initializer init, long rows, long width, double deviation) {
    return new EmbeddingLayer(init.normal(deviation, rows, width));
  }

  /// @param ids i32 or i64, any shape
  /// @param dtype the float type of the result
  /// @return `[…, D]`
  public Tensor forward(Tensor ids, DType dtype) { return Gather.embedding(weight, ids).to(dtype); }

  @Override
  public EmbeddingLayer map(ParameterMap p) { return new EmbeddingLayer(p.matrix("weight", weight)); }
}

package dev.raiju.export.compiler;

import dev.raiju.models.nn.Module.MatrixTypes;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;

/// Which type each matrix of a transformer is stored in.
///
/// The matrices of the blocks are most of the bytes, and what one of them gets wrong is a small part of a residual: they are as
/// narrow as was asked for. What a whole clip passes through is f16: the first and the last projection, the embeddings of text and
/// time, and the projection that all modulation comes from. So are matrices that are too small to count, and rows that no group
/// divides. Norms, biases and modulation are no matrices and stay in the f32 in which they are computed.
///
/// Both narrow types have a scale for every 64 numbers of an output's row. For 8 bits that is finer than one scale for the row, and
/// takes a sixteenth more.
public enum WeightTypes implements MatrixTypes {
  /// All matrices in f16.
  F16(DType.F16),
  /// 8 bits.
  INT8(DType.Q8_G64_F16),
  /// 4 bits.
  INT4(DType.Q4_G64_F16);

  private static final String BLOCKS = "blocks.";
  /// Matrices of fewer numbers stay in f16.
  static final long SMALL = 4096;

  private final DType narrow;

  WeightTypes(DType narrow) { this.narrow = narrow; }

  @Override
  public DType of(String name, Spec now) {
    if (!name.startsWith(BLOCKS) || now.shape().elements() < SMALL) return DType.F16;
    long row = now.size(-1);
    if (row % narrow.unit() == 0) return narrow;
    DType finer = narrow.inGroupsOf32();
    return row % finer.unit() == 0 ? finer : DType.F16;
  }
}

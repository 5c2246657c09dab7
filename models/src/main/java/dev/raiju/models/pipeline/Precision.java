package dev.raiju.models.pipeline;

import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Linear;
import java.util.Optional;

/// In which types a model runs. What is not said stays as it is stored; nothing is widened for longer than a product takes.
///
/// The residual stream, norms, modulation and the decoder are in f32 whatever is asked for.
///
/// @param weights the type that the matrices of the transformer are held in: a float type or a block type
/// @param compute the type that the products of text encoder and transformer round their factors to; f32 leaves them as they are,
/// i8 is for the products of matrices held in 8 bits, and leaves the others in f32
public record Precision(Optional<DType> weights, DType compute) {
  /// As the model is stored, computed in f32.
  public static final Precision STORED = new Precision(Optional.empty(), DType.F32);

  public Precision {
    if (weights.isPresent() && !weights.get().isFloat() && weights.get().kind() != DType.Kind.BLOCK) {
      throw new IllegalArgumentException("weights: " + weights.get() + ": needs a float or block type");
    }
    if (compute != DType.F32 && compute != DType.BF16 && compute != DType.F16 && compute != DType.I8) {
      throw new IllegalArgumentException("compute: " + compute + ": needs f32, bf16, f16 or i8");
    }
    if (compute == DType.I8 && weights.filter(Linear::computesInBytes).isEmpty()) {
      throw new IllegalArgumentException("compute: int8: weights are " + weights.map(DType::label).orElse("as stored")
          + "; needs weights in int8 too");
    }
  }

  /// The transformer as it shall run, in place of `stored`, which is closed.
  <M extends Module<M>> M transformer(M stored) {
    if (weights.isEmpty()) return computing(stored);
    try (stored) {
      return computing(stored.narrow(weights.get()));
    }
  }

  /// A part whose products compute as they shall, in place of `stored`, which is closed.
  <M extends Module<M>> M computing(M stored) {
    if (compute == DType.F32) return stored;
    try (stored) {
      return stored.computing(compute);
    }
  }
}

package dev.raiju.models.dit;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Rope;
import java.util.List;

/// By what angles the tokens of a grid are turned: constants of attention, the same for every head and layer.
///
/// @param cos `[N, d / 2]`
/// @param sin `[N, d / 2]`
public record RotaryTables(Tensor cos, Tensor sin) implements AutoCloseable {
  /// The tables of a grid, owned by the caller.
  public static RotaryTables of(TokenGrid grid, WanConfig config, DType dtype, Device device) {
    long[] sizes = {grid.frames(), grid.height(), grid.width()};
    try (Scope scope = Scope.open()) {
      List<Tensor> tables = Rope.tables(sizes, config.rotaryPairs(), config.ropeTheta(), dtype, device);
      return new RotaryTables(tables.get(0).alias(), tables.get(1).alias());
    }
  }

  /// @param x `[B, N, h, d]`
  public Tensor rotate(Tensor x) { return Rope.rope(x, cos, sin); }

  @Override
  public void close() {
    cos.close();
    sin.close();
  }
}

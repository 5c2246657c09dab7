package dev.raiju.training.loop;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Finds gradients that are much longer than those of late: a step along one of them, even clipped, costs an average of moments that
/// took long to gather. Such a step is left out.
///
/// What it knows is a tensor, so that a run that goes on finds the same spikes.
final class Spikes implements AutoCloseable {
  /// So many of the last lengths.
  private static final int WINDOW = 50;
  /// So many are needed to know what is usual.
  private static final int ENOUGH = 20;

  private final double factor;
  private final Tensor recent;

  /// @param factor so many times the median is a spike
  Spikes(double factor) {
    this.factor = factor;
    try (Scope scope = Scope.open()) {
      this.recent = Tensor.full(Spec.of(DType.F64, WINDOW), Double.NaN, Device.reference()).alias();
    }
  }

  /// Whether a length is a spike; if not, it counts as usual from now on.
  boolean is(double norm) {
    double[] lengths = recent.toDoubles();
    double[] known = Arrays.stream(lengths).filter(length -> !Double.isNaN(length)).sorted().toArray();
    if (known.length >= ENOUGH && norm > factor * known[known.length / 2]) return true;
    System.arraycopy(lengths, 1, lengths, 0, WINDOW - 1);
    lengths[WINDOW - 1] = norm;
    try (Scope scope = Scope.open()) {
      Assign.assign(recent, Tensor.of(recent.spec(), MemorySegment.ofArray(lengths), recent.device()));
    }
    return false;
  }

  Tensor state() { return recent; }

  @Override
  public void close() { recent.close(); }
}

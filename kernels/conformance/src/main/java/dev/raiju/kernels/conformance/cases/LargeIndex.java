package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/// An op on a tensor with more elements than an int counts, in sparse memory: few are planted, all others are 0.
///
/// @param text what it shows
/// @param dtype of the large tensor
/// @param elements how many it has, along its only axis
/// @param planted values by their place
/// @param op what is computed from the large tensor and the others
/// @param others the other inputs
/// @param expected the values of the only result
public record LargeIndex(String text, DType dtype, long elements, Map<Long, Double> planted,
    BiFunction<Tensor, List<Tensor>, Tensor> op,
    List<Value> others, double[] expected) {
  public LargeIndex {
    planted = Map.copyOf(planted);
    others = List.copyOf(others);
  }
}

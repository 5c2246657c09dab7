package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/// An example with a documented result: what an op does with NaN, infinities, zeros, nothing.
///
/// @param text what it shows
/// @param types the types in which it is run; f32 inputs are converted to them
/// @param inputs numbers that every one of these types holds
/// @param op the operation
/// @param expected the numbers of each result: NaN, infinities and -0 to the bit, 0 of either sign, others within 4 units in the
/// last place of the type
public record Special(String text, List<DType> types, List<Value> inputs, Function<List<Tensor>, List<Tensor>> op,
    List<double[]> expected) {
  public Special {
    types = List.copyOf(types);
    inputs = List.copyOf(inputs);
    expected = List.copyOf(expected);
  }
}

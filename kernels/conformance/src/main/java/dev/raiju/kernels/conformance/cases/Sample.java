package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// One drawn case of a row: inputs, and an operation with its attributes.
///
/// @param text the attributes, for messages
/// @param inputs what the operation gets, in order
/// @param terms how many products or summands are joined into one element of the result
/// @param op the operation through the public API; computes the same each time
/// @param magnitude for [Tolerance.Magnitude#GIVEN]: how large, for each element of each result, the terms are from which it is made
/// @param slope how large the terms of a gradient are where cotangents are around 1: beyond 1 where an op divides by small numbers
public record Sample(String text, List<Value> inputs, long terms, Function<List<Tensor>, List<Tensor>> op,
    Function<List<Tensor>, List<Tensor>> magnitude, ToDoubleFunction<List<Value>> slope) {
  public Sample {
    inputs = List.copyOf(inputs);
  }

  /// An operation with several results.
  public static Sample all(Function<List<Tensor>, List<Tensor>> op, Value... inputs) {
    return new Sample("", List.of(inputs), 1, op, op, _ -> 1);
  }

  /// An operation with one result.
  public static Sample of(Function<List<Tensor>, Tensor> op, Value... inputs) {
    return all(in -> List.of(op.apply(in)), inputs);
  }

  public Sample terms(long terms) { return new Sample(text, inputs, terms, op, magnitude, slope); }

  public Sample magnitude(Function<List<Tensor>, List<Tensor>> magnitude) {
    return new Sample(text, inputs, terms, op, magnitude, slope);
  }

  public Sample slope(ToDoubleFunction<List<Value>> slope) { return new Sample(text, inputs, terms, op, magnitude, slope); }

  /// Attributes for messages, as `String.valueOf` shows them.
  public Sample text(Object... attributes) {
    StringBuilder all = new StringBuilder();
    for (Object attribute : attributes) all.append(' ').append(attribute);
    return new Sample(all.toString(), inputs, terms, op, magnitude, slope);
  }

  /// The same operation on other inputs.
  public Sample with(List<Value> inputs) { return new Sample(text, inputs, terms, op, magnitude, slope); }

  @Override
  public String toString() { return inputs + text; }
}

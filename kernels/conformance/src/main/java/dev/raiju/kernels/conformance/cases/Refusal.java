package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/// Inputs that an op must refuse with a certain message, the same on every backend.
///
/// @param message the whole message
/// @param inputs zeros of these kinds are given
/// @param op the operation
/// @param atOnce whether it must be refused before any kernel runs and any memory is taken; what depends on values, such as an
/// index, may be found later
public record Refusal(String message, List<Spec> inputs, Function<List<Tensor>, ?> op, boolean atOnce) {
  public Refusal {
    inputs = List.copyOf(inputs);
  }

  public static Refusal of(String message, Function<List<Tensor>, ?> op, Spec... inputs) {
    return new Refusal(message, List.of(inputs), op, true);
  }

  /// A refusal that may come after other ops have run, or when values are seen.
  public Refusal late() { return new Refusal(message, inputs, op, false); }
}

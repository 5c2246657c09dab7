package dev.raiju.training.optim;

import dev.raiju.tensor.Tensor;
import java.util.Map;
import java.util.Optional;

/// Moves parameters along their gradients. Owns its state (moments), which is saved and loaded like weights.
public interface Optimizer extends AutoCloseable {
  /// Takes one step.
  ///
  /// @param step the number of this step, from 1
  /// @param rate the learning rate
  /// @param gradients by parameter name, in the kind of the parameter
  /// @param factor multiplies every gradient: clipping, or the mean over accumulated batches
  /// @param average follows the parameters that this optimiser moves
  void step(long step, double rate, Map<String, Tensor> gradients, double factor, Optional<Ema> average);

  /// The same without an average.
  default void step(long step, double rate, Map<String, Tensor> gradients, double factor) {
    step(step, rate, gradients, factor, Optional.empty());
  }

  /// The state by name, for saving; assign to these tensors to load.
  Map<String, Tensor> state();

  @Override
  void close();
}

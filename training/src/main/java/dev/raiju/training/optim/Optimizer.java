package dev.raiju.training.optim;

import dev.raiju.tensor.Tensor;
import java.util.Map;

/// Moves parameters along their gradients. Owns its state (moments), which is saved and loaded like weights.
public interface Optimizer extends AutoCloseable {
  /// Takes one step.
  ///
  /// @param step the number of this step, from 1
  /// @param rate the learning rate
  /// @param gradients by parameter name, in the kind of the parameter
  /// @param factor multiplies every gradient: clipping, or the mean over accumulated batches
  void step(long step, double rate, Map<String, Tensor> gradients, double factor);

  /// The state by name, for saving; assign to these tensors to load.
  Map<String, Tensor> state();

  @Override
  void close();
}

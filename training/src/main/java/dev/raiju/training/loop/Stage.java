package dev.raiju.training.loop;

import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.util.Map;

/// One part of a training recipe: what a step is, and everything that must be saved to go on.
public interface Stage extends AutoCloseable {
  /// The stage's name: of its folder and in reports.
  String name();

  /// Takes step `number`, counted from 1. The same state and number always give the same result.
  Metrics step(long number);

  /// Every tensor that changes over steps.
  Map<String, Tensor> tensors();

  /// Counters and random positions.
  Json.Obj facts();

  /// Goes back to a saved state.
  void restore(Map<String, Tensor> tensors, Fields facts) throws IOException;

  /// Learns more slowly from now on: asked after a roll-back.
  void slowDown(double factor);

  @Override
  void close();
}

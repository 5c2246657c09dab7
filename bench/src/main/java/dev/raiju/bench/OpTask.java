package dev.raiju.bench;

import dev.raiju.tensor.Scope;
import java.util.function.Supplier;

/// A task whose call is one function.
///
/// @param call what is timed; it runs within a scope
/// @param measured measures its error, within a scope too
record OpTask(Inputs inputs, Runnable call, Supplier<Task.Accuracy> measured) implements Task {
  @Override
  public void run() {
    try (Scope scope = Scope.open()) {
      call.run();
    }
  }

  @Override
  public void finish() { inputs.settle(); }

  @Override
  public Accuracy accuracy() {
    try (Scope scope = Scope.open()) {
      return measured.get();
    }
  }

  @Override
  public void close() { inputs.close(); }
}

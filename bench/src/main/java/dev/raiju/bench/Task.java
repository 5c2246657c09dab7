package dev.raiju.bench;

import java.util.List;

/// A case that is set up: its inputs are there, and it can be called.
interface Task extends AutoCloseable {
  /// One call. Its results are dropped.
  void run();

  /// Waits until the device has done all calls.
  default void finish() {}

  /// How far results are from those in f64; see [Exact].
  Accuracy accuracy();

  /// Lets go of the inputs.
  @Override
  void close();

  /// A distance from f64, and what it was measured on.
  ///
  /// @param error `‖y - exact‖ / ‖exact‖`; NaN if it was not measured
  /// @param shape the smaller sizes it was measured at; empty if they are the case's own
  /// @param note what else to know: the arithmetic, or why there is no error; may be empty
  record Accuracy(double error, List<Long> shape, String note) {
    static Accuracy of(double error) { return new Accuracy(error, List.of(), ""); }

    static Accuracy none(String why) { return new Accuracy(Double.NaN, List.of(), why); }

    Accuracy at(long... shape) { return new Accuracy(error, java.util.Arrays.stream(shape).boxed().toList(), note); }

    Accuracy note(String note) { return new Accuracy(error, shape, note); }
  }
}

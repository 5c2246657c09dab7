package dev.raiju.models.pipeline;

import java.util.concurrent.CancellationException;

/// Hears how far a clip is, and may stop it.
@FunctionalInterface
public interface Progress {
  /// Says nothing.
  Progress NONE = _ -> {};

  /// Told at the beginning and end of every part, and in long parts in between. An exception thrown here ends the work; a [CancellationException] says that it
  /// was meant.
  void report(Part part);

  /// A part of the work.
  ///
  /// @param stage what is being done
  /// @param done how many pieces of the stage are finished
  /// @param total how many it has
  /// @param share of the stage that is finished, from 0 to 1: it grows within a piece too, so that a rate is known early
  record Part(Stage stage, int done, int total, double share) {
    Part(Stage stage, int done, int total) { this(stage, done, total, (double) done / total); }
  }

  /// What a clip goes through.
  enum Stage { ENCODE, DENOISE, DECODE }

  /// Ends the work of a thread that has been interrupted.
  static void stopIfInterrupted() {
    if (Thread.currentThread().isInterrupted()) throw new CancellationException("interrupted");
  }
}

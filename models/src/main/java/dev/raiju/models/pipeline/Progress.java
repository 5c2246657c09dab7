package dev.raiju.models.pipeline;

import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;

/// Hears how far a clip is, and may stop it.
@FunctionalInterface
public interface Progress {
  /// Says nothing.
  Progress NONE = _ -> {};

  /// Told at the beginning and end of every part, and in long parts in between. An exception thrown here ends the work; a
  /// [CancellationException] says that it was meant.
  void report(Part part);

  /// Whether the work shall end. Asked after every operation, on the thread that works.
  default boolean isCancelled() { return false; }

  /// Whether clips of the steps are wanted: each costs a run of the tiny decoder.
  default boolean wantsPreviews() { return false; }

  /// Given what the clip would be as far as a step can tell.
  ///
  /// @param step from 1
  default void preview(int step, Clip clip) {}

  /// This progress, which a token can stop from another thread.
  default Progress until(Cancellation token) {
    return new Progress() {
      @Override
      public void report(Part part) { Progress.this.report(part); }

      @Override
      public boolean isCancelled() { return token.isCancelled() || Progress.this.isCancelled(); }

      @Override
      public boolean wantsPreviews() { return Progress.this.wantsPreviews(); }

      @Override
      public void preview(int step, Clip clip) { Progress.this.preview(step, clip); }
    };
  }

  /// This progress, with a clip for each step given to `viewer` with the number of the step, from 1.
  default Progress previewing(BiConsumer<Integer, Clip> viewer) {
    return new Progress() {
      @Override
      public void report(Part part) { Progress.this.report(part); }

      @Override
      public boolean isCancelled() { return Progress.this.isCancelled(); }

      @Override
      public boolean wantsPreviews() { return true; }

      @Override
      public void preview(int step, Clip clip) { viewer.accept(step, clip); }
    };
  }

  /// A part of the work.
  ///
  /// @param stage what is being done
  /// @param done how many pieces of the stage are finished
  /// @param total how many it has
  /// @param share of the stage that is finished, from 0 to 1: it grows within a piece too, so that a rate is known early
  record Part(Stage stage, int done, int total, double share) {
    Part(Stage stage, int done, int total) { this(stage, done, total, (double) done / total); }
  }

  /// What a clip goes through. A [VideoPipeline] loads once for all its clips, a [StagedPipeline] before each of the others.
  enum Stage { LOAD, ENCODE, DENOISE, DECODE }

  /// Ends the work if the thread has been interrupted, or this progress says so.
  ///
  /// @throws CancellationException if it shall end
  default void stopIfAsked() {
    if (Thread.currentThread().isInterrupted()) throw new CancellationException("interrupted");
    if (isCancelled()) throw new CancellationException("cancelled");
  }
}

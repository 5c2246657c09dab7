package dev.raiju.models.pipeline;

/// Stops work in progress, from any thread and for good.
///
/// ```java
/// Cancellation stop = new Cancellation();
/// button.onClick(stop::cancel);
/// pipeline.generate(prompt, progress.until(stop));   // throws CancellationException once stopped
/// ```
public final class Cancellation {
  private volatile boolean cancelled;

  /// A token for work that goes on until it is asked to end.
  public Cancellation() {}

  /// Asks for the end of the work; it ends with the operation that is running.
  public void cancel() { cancelled = true; }

  public boolean isCancelled() { return cancelled; }
}

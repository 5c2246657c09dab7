package dev.raiju.export.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/// Ctrl-C: the thread that works is interrupted, tidies up behind itself, and then the process ends with the status that the
/// signal gives, 130.
final class Interruption implements AutoCloseable {
  /// How long the process waits for the work to end itself; it looks at the interruption after every block of a network, or every
  /// step of a training run.
  private static final int PATIENCE_SECONDS = 60;

  private final CountDownLatch finished = new CountDownLatch(1);

  private Interruption() {}

  /// From now on until it is closed, the end of the process waits for this thread to stop.
  static Interruption guard(Thread worker) {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> interruption.stop(worker), "raiju-interruption"));
    return interruption;
  }

  private void stop(Thread worker) {
    if (finished.getCount() == 0) return;
    worker.interrupt();
    try {
      if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) System.err.println("raiju: gave up waiting for the work to stop");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() { finished.countDown(); }

  /// Does something short to its end, however often this thread is interrupted meanwhile: files that belong together are written
  /// all or not at all.
  static <T> T withstand(Callable<T> work) throws Exception { return withstand(work, () -> {}); }

  /// The same, for work that is told of an interruption and comes to an end of its own.
  static <T> T withstand(Callable<T> work, Runnable interruptedNow) throws Exception {
    // a channel that an interrupted thread uses closes itself, so the work is done on a thread that nobody interrupts
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofPlatform().name("raiju-writing").start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
          interruptedNow.run();
        } catch (ExecutionException e) {
          if (e.getCause() instanceof Exception cause) throw cause;
          throw e;
        }
      }
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }
}

package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.products.Products;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Threads that share the chunks of a loop with the thread that asks.
///
/// Chunks are claimed from a counter. The caller works too and waits only for workers that have entered its region, so a late
/// worker costs nothing and an oversubscribed machine is never much slower than one thread. Workers spin for a moment after
/// their last chunk, then park. Several threads may ask at once; a body that asks again runs its loop alone.
final class WorkerPool implements Products.Workers, AutoCloseable {
  // waking a parked worker costs about this much, so a worker stays awake as long for the next region
  private static final long SPIN_NANOS = 100_000;
  private static final int SLOTS = 8;

  private final AtomicReferenceArray<@Nullable Region> slots = new AtomicReferenceArray<>(SLOTS);
  private final List<Worker> workers = new ArrayList<>();
  private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);
  private volatile boolean closed;

  /// A pool in which `threads` threads work on a loop, the caller's included.
  WorkerPool(int threads) {
    for (int i = 1; i < threads; i++) {
      Worker worker = new Worker("raiju-cpu-" + i);
      workers.add(worker);
      worker.start();
    }
  }

  @Override
  public int threads() { return workers.size() + 1; }

  /// Runs `body` for every chunk from 0 to `chunks - 1`, in any order, and returns when all are done. The first exception of a
  /// chunk is thrown here; the others are dropped.
  @Override
  public void run(int chunks, IntConsumer body) {
    if (chunks <= 1 || workers.isEmpty() || INSIDE.get()) {
      for (int i = 0; i < chunks; i++) body.accept(i);
      return;
    }
    Region region = new Region(chunks, body);
    int slot = publish(region);
    INSIDE.set(true);
    try {
      region.work();
    } finally {
      INSIDE.set(false);
      if (slot >= 0) slots.set(slot, null);
      region.finish();
    }
    region.rethrow();
  }

  /// Shows a region to the workers. Gives -1 if all slots are taken by other callers, who keep the workers busy anyhow.
  private int publish(Region region) {
    for (int i = 0; i < SLOTS; i++) {
      if (slots.get(i) == null && slots.compareAndSet(i, null, region)) {
        for (Worker worker : workers) {
          if (worker.parked) LockSupport.unpark(worker);
        }
        return i;
      }
    }
    return -1;
  }

  @Override
  public void close() {
    closed = true;
    workers.forEach(LockSupport::unpark);
  }

  /// One loop. The state counts the workers inside; a negative state lets no more in.
  private static final class Region {
    private static final int CLOSED = Integer.MIN_VALUE;

    private final int chunks;
    private final IntConsumer body;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    Region(int chunks, IntConsumer body) {
      this.chunks = chunks;
      this.body = body;
    }

    boolean hasWork() { return next.get() < chunks; }

    boolean enter() {
      int seen = inside.get();
      while (seen >= 0) {
        if (inside.compareAndSet(seen, seen + 1)) return true;
        seen = inside.get();
      }
      return false;
    }

    void leave() { inside.decrementAndGet(); }

    void work() {
      for (int chunk = next.getAndIncrement(); chunk < chunks; chunk = next.getAndIncrement()) {
        try {
          body.accept(chunk);
        } catch (Throwable t) {
          failure = t;
          next.set(chunks);
        }
      }
    }

    /// Lets no more workers in and waits for those inside.
    void finish() {
      inside.getAndAdd(CLOSED);
      while (inside.get() != CLOSED) Thread.onSpinWait();
    }

    void rethrow() {
      switch (failure) {
        case null -> {
        }
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable t -> throw new IllegalStateException(t);
      }
    }
  }

  private final class Worker extends Thread {
    volatile boolean parked;

    Worker(String name) {
      super(name);
      setDaemon(true);
    }

    @Override
    public void run() {
      INSIDE.set(true);
      long idleSince = System.nanoTime();
      while (!closed) {
        if (help()) {
          idleSince = System.nanoTime();
        } else if (System.nanoTime() - idleSince < SPIN_NANOS) {
          Thread.onSpinWait();
        } else {
          parked = true;
          // a region published before the flag was seen would be missed
          if (!help()) LockSupport.park(this);
          parked = false;
          idleSince = System.nanoTime();
        }
      }
    }

    private boolean help() {
      for (int i = 0; i < SLOTS; i++) {
        Region region = slots.get(i);
        if (region == null || !region.hasWork() || !region.enter()) continue;
        try {
          region.work();
        } finally {
          region.leave();
        }
        return true;
      }
      return false;
    }
  }
}

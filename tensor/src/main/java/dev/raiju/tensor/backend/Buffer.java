package dev.raiju.tensor.backend;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// A block of memory that counts its owners (tensors, tapes, running kernels) and is given back when the last one lets go.
///
/// Every write raises the version, so that whoever kept a value for later (a gradient, a packed copy) sees that it changed.
/// Safe for use by several threads.
public abstract class Buffer {
  private final AtomicInteger owners = new AtomicInteger(1);
  private final AtomicLong version = new AtomicLong();

  /// A buffer with one owner: the caller.
  protected Buffer() {}

  /// The usable size.
  public abstract long bytes();

  /// Gives the memory back. Called once, by the last owner.
  protected abstract void free();

  /// Adds an owner.
  ///
  /// @throws IllegalStateException if the memory has been given back already
  public final void retain() {
    int seen = owners.get();
    while (seen > 0) {
      if (owners.compareAndSet(seen, seen + 1)) return;
      seen = owners.get();
    }
    throw new IllegalStateException("tensor: used after close: its memory has been given back");
  }

  /// Removes an owner; the last one frees.
  public final void release() {
    int left = owners.decrementAndGet();
    if (left == 0) free();
    if (left < 0) throw new IllegalStateException("buffer: released more often than retained");
  }

  /// How many owners there are; 0 once freed.
  public final int owners() { return owners.get(); }

  /// A number that grows with every write.
  public final long version() { return version.get(); }

  /// Says that the contents changed.
  public final void written() { version.incrementAndGet(); }
}

package dev.raiju.tensor.backend;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A block of memory that counts its owners (tensors, tapes, running kernels) and is given back when the last one lets go.
///
/// Every write raises the version, so that whoever kept a value for later (a gradient) sees that it changed, and drops the forms
/// that kernels keep of the contents. Safe for use by several threads.
public abstract class Buffer {
  private final AtomicInteger owners = new AtomicInteger(1);
  private final AtomicLong version = new AtomicLong();
  // none until they are asked for: nearly all buffers live for one operation
  private @Nullable Map<Object, Buffer> forms;

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
    if (left == 0) {
      dropForms();
      free();
    }
    if (left < 0) throw new IllegalStateException("buffer: released more often than retained");
  }

  /// How many owners there are; 0 once freed.
  public final int owners() { return owners.get(); }

  /// A number that grows with every write.
  public final long version() { return version.get(); }

  /// Says that the contents changed.
  public final void written() {
    version.incrementAndGet();
    dropForms();
  }

  /// Lets kernels keep the contents in other forms too, in which they are faster to compute with, such as a weight packed for
  /// products. They take memory beside the contents until these are written or let go. For what is read many times.
  public final synchronized void keepForms() {
    if (forms == null) forms = new HashMap<>();
  }

  /// Whether [#keepForms] was asked for.
  public final synchronized boolean keepsForms() { return forms != null; }

  /// A form of the contents as they are now.
  ///
  /// @param key says which one
  /// @param make makes it if it is not kept yet, with one owner: this buffer
  /// @return owned by the caller too
  /// @throws IllegalStateException if nobody asked to keep forms
  public final synchronized Buffer form(Object key, Supplier<? extends Buffer> make) {
    if (forms == null) throw new IllegalStateException("buffer: keeps no forms of its contents; ask for it by keepForms");
    Buffer form = forms.computeIfAbsent(key, _ -> make.get());
    form.retain();
    return form;
  }

  private synchronized void dropForms() {
    if (forms == null) return;
    forms.values().forEach(Buffer::release);
    forms.clear();
  }
}

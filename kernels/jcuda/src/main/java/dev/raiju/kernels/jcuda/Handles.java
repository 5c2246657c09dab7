package dev.raiju.kernels.jcuda;

import dev.raiju.kernels.cuda.driver.CudaException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// Numbers for the objects of one kind that jcuda has in place of handles. No two objects of any kind have the same.
///
/// @param <T> the kind
final class Handles<T> {
  private static final int INVALID_HANDLE = 400;
  private static final AtomicLong LAST = new AtomicLong();

  private final String kind;
  private final Supplier<T> fresh;
  private final Map<Long, T> all = new ConcurrentHashMap<>();

  /// @param kind with its article, for messages
  /// @param fresh makes an object that the driver has not filled
  Handles(String kind, Supplier<T> fresh) {
    this.kind = kind;
    this.fresh = fresh;
  }

  /// An object for the driver to fill; [#number] makes it known.
  T fresh() { return fresh.get(); }

  long number(T object) {
    long number = LAST.incrementAndGet();
    all.put(number, object);
    return number;
  }

  /// The object of a number. An empty one will not do for none: to the driver that is the stream that everybody has.
  ///
  /// @throws CudaException if there is none
  T of(long number) {
    T object = all.get(number);
    if (object == null) throw new CudaException("jcuda", INVALID_HANDLE, "not " + kind + ": " + number);
    return object;
  }

  void forget(long number) { all.remove(number); }
}

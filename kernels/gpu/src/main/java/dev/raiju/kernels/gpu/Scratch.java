package dev.raiju.kernels.gpu;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/// The device's memory that kernels took for themselves while their launches were kept. It is shared by kernels that come one after the
/// other, as it is when they run at once. For use by one thread at a time.
public final class Scratch {
  private final Map<Long, Long> sizes = new HashMap<>();
  private final Map<Long, Deque<Long>> free = new HashMap<>();

  /// Of nothing yet.
  public Scratch() {}

  /// Memory that a kernel gave back before.
  public OptionalLong reused(long bytes) {
    Long address = free.getOrDefault(MemoryPool.sizeFor(bytes), new ArrayDeque<>()).pollLast();
    return address == null ? OptionalLong.empty() : OptionalLong.of(address);
  }

  /// Takes note of memory that a kernel took: at least [MemoryPool#sizeFor] of what it asked for.
  public void took(long address, long bytes) { sizes.put(address, MemoryPool.sizeFor(bytes)); }

  /// Takes memory back for the next kernel.
  ///
  /// @return whether it is of a kernel that is kept here
  public boolean gaveBack(long address) {
    Long size = sizes.get(address);
    if (size == null) return false;
    free.computeIfAbsent(size, _ -> new ArrayDeque<>()).add(address);
    return true;
  }

  /// The addresses of all that kernels took.
  public Iterable<Long> all() { return sizes.keySet(); }
}

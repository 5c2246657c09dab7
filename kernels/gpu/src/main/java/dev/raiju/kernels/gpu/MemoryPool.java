package dev.raiju.kernels.gpu;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;

/// The memory of a device in pieces of a few sizes, four to each doubling. Small ones are cut from shared blocks, since a driver may
/// allow only some thousands; what is freed is kept for the next of its size. Callers take turns.
///
/// @param <B> what the driver gives
public final class MemoryPool<B extends MemoryBlock> {
  private static final long SMALLEST = 256;
  private static final long SHARED_BLOCK = 16 << 20;
  // from here on a piece is a block of its own
  private static final long OWN_BLOCK = SHARED_BLOCK / 4;

  private final String device;
  private final long mostBytes;
  private final LongFunction<Optional<B>> driver;
  private final TreeMap<Long, B> blocks = new TreeMap<>();
  private final Map<Long, Deque<Long>> free = new HashMap<>();
  private final Map<Long, Long> used = new HashMap<>();
  private Optional<B> shared = Optional.empty();
  private long cut;
  private long usedBytes;

  /// @param device its name in messages
  /// @param mostBytes that one block may have
  /// @param driver gives a block of so many bytes, unless there is no memory
  public MemoryPool(String device, long mostBytes, LongFunction<Optional<B>> driver) {
    this.device = device;
    this.mostBytes = mostBytes;
    this.driver = driver;
  }

  /// The size of the piece that so many bytes get.
  public static long sizeFor(long bytes) {
    if (bytes <= SMALLEST) return SMALLEST;
    long step = Math.max(SMALLEST, Long.highestOneBit(bytes - 1) / 4);
    return (bytes + step - 1) / step * step;
  }

  /// A piece of at least so many bytes, unless there is no memory.
  ///
  /// @throws IllegalArgumentException if the device gives no piece of that size
  public Optional<Long> reserve(long bytes) {
    long size = sizeFor(bytes);
    if (size > mostBytes && bytes <= mostBytes) size = (bytes + SMALLEST - 1) / SMALLEST * SMALLEST;
    if (bytes > mostBytes)
      throw new IllegalArgumentException(String.format(Locale.ROOT,
          "%s: a tensor of %,d bytes; this device gives at most %,d in one piece", device, bytes, mostBytes));
    Optional<Long> address = Optional.ofNullable(free.getOrDefault(size, new ArrayDeque<>()).pollLast());
    if (address.isEmpty()) address = size < OWN_BLOCK ? cut(size) : block(size).map(MemoryBlock::address);
    if (address.isEmpty()) return address;
    used.put(address.get(), size);
    usedBytes += size;
    return address;
  }

  private Optional<Long> cut(long size) {
    if (shared.isEmpty() || cut + size > SHARED_BLOCK) {
      Optional<B> next = block(SHARED_BLOCK);
      if (next.isEmpty()) return Optional.empty();
      shared = next;
      cut = 0;
    }
    long address = shared.get().address() + cut;
    cut += size;
    return Optional.of(address);
  }

  private Optional<B> block(long size) {
    Optional<B> block = driver.apply(size);
    block.ifPresent(b -> blocks.put(b.address(), b));
    return block;
  }

  /// Takes a piece back.
  public void free(long address) {
    Long size = used.remove(address);
    if (size == null) throw new IllegalStateException(device + ": memory is freed that is not in use");
    usedBytes -= size;
    free.computeIfAbsent(size, _ -> new ArrayDeque<>()).add(address);
  }

  /// Gives blocks that nobody uses back to the system; nothing that was launched may still use them.
  ///
  /// @return how many bytes that were
  public long trim() {
    long bytes = 0;
    for (Entry<Long, Deque<Long>> sizes : free.entrySet()) {
      if (sizes.getKey() < OWN_BLOCK) continue;
      List<Long> addresses = new ArrayList<>(sizes.getValue());
      sizes.getValue().clear();
      for (long address : addresses) {
        B block = blocks.remove(address);
        if (block == null) continue;
        bytes += block.bytes();
        block.free();
      }
    }
    return bytes;
  }

  /// The block in which an address lies.
  public B at(long address) {
    Entry<Long, B> entry = blocks.floorEntry(address);
    if (entry == null || address >= entry.getKey() + entry.getValue().bytes())
      throw new IllegalStateException(device + ": an address that is not of this device");
    return entry.getValue();
  }

  /// What is in use, as it was rounded up.
  public long usedBytes() { return usedBytes; }
}

package dev.raiju.kernels.vulkan;

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
import org.lwjgl.vulkan.VkDevice;

/// The memory of a device in pieces of a few sizes, four to each doubling. Small ones are cut from shared blocks, since a driver may
/// allow only some thousands; what is freed is kept for the next of its size. Callers take turns.
final class MemoryPool {
  private static final long SMALLEST = 256;
  private static final long SHARED_BLOCK = 16 << 20;
  // from here on a piece is a block of its own
  private static final long OWN_BLOCK = SHARED_BLOCK / 4;

  private final VkDevice device;
  private final long mostBytes;
  private final TreeMap<Long, Block> blocks = new TreeMap<>();
  private final Map<Long, Deque<Long>> free = new HashMap<>();
  private final Map<Long, Long> used = new HashMap<>();
  private Optional<Block> shared = Optional.empty();
  private long cut;
  private long usedBytes;

  /// @param mostBytes that one block may have
  MemoryPool(VkDevice device, long mostBytes) {
    this.device = device;
    this.mostBytes = mostBytes;
  }

  /// The size of the piece that so many bytes get.
  static long sizeFor(long bytes) {
    if (bytes <= SMALLEST) return SMALLEST;
    long step = Math.max(SMALLEST, Long.highestOneBit(bytes - 1) / 4);
    return (bytes + step - 1) / step * step;
  }

  /// A piece of at least so many bytes, unless there is no memory.
  Optional<Long> reserve(long bytes) {
    long size = sizeFor(bytes);
    if (size > mostBytes && bytes <= mostBytes) size = (bytes + SMALLEST - 1) / SMALLEST * SMALLEST;
    if (bytes > mostBytes)
      throw new VulkanException(String.format(Locale.ROOT,
          "vulkan: a tensor of %,d bytes; this device gives at most %,d in one piece",
          bytes, mostBytes));
    Optional<Long> address = Optional.ofNullable(free.getOrDefault(size, new ArrayDeque<>()).pollLast());
    if (address.isEmpty()) address = size < OWN_BLOCK ? cut(size) : block(size).map(Block::address);
    if (address.isEmpty()) return address;
    used.put(address.get(), size);
    usedBytes += size;
    return address;
  }

  private Optional<Long> cut(long size) {
    if (shared.isEmpty() || cut + size > SHARED_BLOCK) {
      Optional<Block> next = block(SHARED_BLOCK);
      if (next.isEmpty()) return Optional.empty();
      shared = next;
      cut = 0;
    }
    long address = shared.get().address() + cut;
    cut += size;
    return Optional.of(address);
  }

  private Optional<Block> block(long size) {
    Optional<Block> block = Block.allocate(device, Block.Use.COMPUTE, size);
    block.ifPresent(b -> blocks.put(b.address(), b));
    return block;
  }

  void free(long address) {
    Long size = used.remove(address);
    if (size == null) throw new IllegalStateException("vulkan: memory is freed that is not in use");
    usedBytes -= size;
    free.computeIfAbsent(size, _ -> new ArrayDeque<>()).add(address);
  }

  /// Gives blocks that nobody uses back to the system; nothing that was launched may still use them.
  void trim() {
    for (Entry<Long, Deque<Long>> sizes : free.entrySet()) {
      if (sizes.getKey() < OWN_BLOCK) continue;
      List<Long> addresses = new ArrayList<>(sizes.getValue());
      sizes.getValue().clear();
      for (long address : addresses) {
        Block block = blocks.remove(address);
        if (block != null) block.free();
      }
    }
  }

  /// The block in which an address lies.
  Block at(long address) {
    Entry<Long, Block> entry = blocks.floorEntry(address);
    if (entry == null || address >= entry.getKey() + entry.getValue().bytes())
      throw new IllegalStateException("vulkan: an address that is not of this device");
    return entry.getValue();
  }

  long usedBytes() { return usedBytes; }
}

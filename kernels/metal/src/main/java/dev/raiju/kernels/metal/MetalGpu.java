package dev.raiju.kernels.metal;

import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.kernels.gpu.MemoryPool;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// One device with its queue, its kernels and its memory, which the host shares: what nobody is at work on is read and written in place.
/// May be used by several threads.
final class MetalGpu implements AppleGpu {
  private final Metal metal;
  private final CommandQueue queue;
  private final Pipelines pipelines;
  private final MemoryPool<Block> memory;
  private final Map<Long, Block> borrowed = new HashMap<>();
  private final long workingSet;
  private long heldBytes;

  /// @throws MetalException if the device cannot be used
  MetalGpu(Metal metal) {
    this.metal = metal;
    this.queue = new CommandQueue(metal);
    this.pipelines = new Pipelines(metal);
    this.workingSet = metal.messages().whole(Message.WORKING_SET, metal.device());
    this.memory = new MemoryPool<>("metal", metal.messages().whole(Message.MOST_BUFFER_BYTES, metal.device()), this::block);
  }

  /// None beyond what the system can keep in memory at once: further on it would page, or end the process.
  private Optional<Block> block(long bytes) {
    if (heldBytes + bytes > workingSet) return Optional.empty();
    Optional<Block> block = Block.allocate(metal, queue, bytes);
    if (block.isPresent()) heldBytes += bytes;
    return block;
  }

  @Override
  public String describe() {
    return String.format(Locale.ROOT, "%s, Metal 3, %.1f GB at once, %.1f GB in one piece", metal.name(), workingSet / 1e9, metal
        .messages().whole(Message.MOST_BUFFER_BYTES, metal.device()) / 1e9);
  }

  CommandQueue queue() { return queue; }

  @Override
  public synchronized long reserve(long bytes) {
    Optional<Long> address = memory.reserve(bytes);
    if (address.isPresent()) return address.get();
    releaseUnused();
    return memory.reserve(bytes).orElseThrow(() -> new InsufficientMemoryException(bytes, memory.usedBytes()));
  }

  @Override
  public synchronized void free(long address) { memory.free(address); }

  @Override
  public synchronized void releaseUnused() {
    queue.drain();
    heldBytes -= memory.trim();
  }

  /// The device's address of memory of the host, which is not copied: for weights that are mapped from a file.
  ///
  /// @param pages whole pages, which stay mapped until they are given back
  /// @throws InsufficientMemoryException if the device cannot reach them
  synchronized long borrow(MemorySegment pages) {
    Block block = Block.over(metal, queue, pages).orElseThrow(() -> new InsufficientMemoryException(pages.byteSize(), memory
        .usedBytes()));
    borrowed.put(block.address(), block);
    return block.address();
  }

  /// Ends what [#borrow] began, once everything that was launched is done.
  synchronized void giveBack(long address) {
    queue.drain();
    Block block = borrowed.remove(address);
    if (block == null) throw new IllegalStateException("metal: memory is given back that was not borrowed");
    block.free();
  }

  private MemorySegment host(long address, long bytes) {
    Block block = memory.at(address);
    return block.host().asSlice(address - block.address(), bytes);
  }

  /// A few bytes wait in the queue with everything else; more of them wait for the device.
  @Override
  public synchronized void write(long target, MemorySegment source) {
    long bytes = source.byteSize();
    if (bytes == 0) return;
    if (!queue.isIdle() && bytes <= CARRIED_BYTES) {
      carry(target, source);
      return;
    }
    queue.drain();
    MemorySegment.copy(source, 0, host(target, bytes), 0, bytes);
  }

  @Override
  public synchronized void read(long source, MemorySegment target) {
    long bytes = target.byteSize();
    if (bytes == 0) return;
    queue.drain();
    MemorySegment.copy(host(source, bytes), 0, target, 0, bytes);
  }

  @Override
  public synchronized void launch(String file, String kernel, Grid grid, int sharedBytes, Arguments arguments) {
    if (grid.x() == 0 || grid.y() == 0 || grid.z() == 0) return;
    MemorySegment pipeline = pipelines.pipeline(file, kernel, grid.threads());
    ByteBuffer bytes = arguments.done();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copied = arena.allocate(bytes.remaining(), Long.BYTES).copyFrom(MemorySegment.ofBuffer(bytes));
      queue.launch(pipeline, copied, grid.x(), grid.y(), grid.z(), grid.threads());
    }
  }
}

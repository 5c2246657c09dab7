package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.VK10.*;

import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Gpu;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.kernels.gpu.MemoryPool;
import dev.raiju.kernels.gpu.Scratch;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import dev.raiju.tensor.backend.Recording;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.vulkan.VkBufferCopy;
import org.lwjgl.vulkan.VkCommandBuffer;

/// One device with its queue, its kernels and its memory. Memory is reached by address, so that no descriptor is bound and no range
/// of a binding is a limit; all commands go to one queue, in the order of the calls. May be used by several threads.
final class VulkanGpu implements Gpu {
  // enough that a GPU with a hundred units hides what waits for memory, and no burden where the processor plays the GPU
  private static final long BUSY_BLOCKS = 2048;
  private static final long BUSY_PROCESSOR_BLOCKS = 64;

  private final Instance instance;
  private final Candidate candidate;
  private final MemoryPool<Block> memory;
  private final CommandQueue queue;
  private final Pipelines pipelines;
  private final Optional<PipelineFile> file;
  private final Block download;
  private final AtomicInteger kept = new AtomicInteger();

  /// @param file where compiled kernels are kept, if they are
  VulkanGpu(Instance instance, Candidate candidate, Optional<PipelineFile> file) {
    this.instance = instance;
    this.candidate = candidate;
    this.file = file;
    DeviceContext context = DeviceContext.open(candidate);
    this.memory = new MemoryPool<>("vulkan", candidate.mostBytes(), size -> Block.allocate(context.device(),
        Block.Use.COMPUTE, size));
    this.queue = new CommandQueue(context);
    this.pipelines = new Pipelines(context.device(), file.map(PipelineFile::read).orElse(new byte[0]));
    this.download = Block.allocate(context.device(), Block.Use.DOWNLOAD, Batch.BYTES).orElseThrow(() -> new VulkanException(
        "vulkan: no memory for results"));
  }

  @Override
  public String describe() {
    return String.format(Locale.ROOT, "%s, Vulkan %s, subgroups of %d%s", candidate.name(), Instance.version(candidate.version()),
        candidate.subgroup(), candidate.isProcessor() ? ", on the processor: for tests, not for speed" : "");
  }

  /// What the validation layer said so far.
  List<String> complaints() { return instance.complaints(); }

  Candidate candidate() { return candidate; }

  long submissions() { return queue.submissions(); }

  synchronized long commands() { return queue.commands(); }

  synchronized long usedBytes() { return memory.usedBytes(); }

  @Override
  public long busyBlocks() { return candidate.isProcessor() ? BUSY_PROCESSOR_BLOCKS : BUSY_BLOCKS; }

  @Override
  public boolean hasMatrixUnits() { return false; }

  @Override
  public synchronized long reserve(long bytes) {
    Optional<Scratch> scratch = queue.keeping().map(Kept::scratch);
    OptionalLong known = scratch.map(s -> s.reused(bytes)).orElse(OptionalLong.empty());
    if (known.isPresent()) return known.getAsLong();
    Optional<Long> address = memory.reserve(bytes);
    if (address.isEmpty()) {
      releaseUnused();
      address = memory.reserve(bytes);
    }
    long found = address.orElseThrow(() -> new InsufficientMemoryException(bytes, memory.usedBytes()));
    scratch.ifPresent(s -> s.took(found, bytes));
    return found;
  }

  @Override
  public synchronized void free(long address) {
    boolean kept = queue.keeping().isPresent() && queue.keeping().get().scratch().gaveBack(address);
    if (!kept) memory.free(address);
  }

  /// What `work` launches as one command buffer.
  @Override
  public synchronized Optional<Recording> record(Runnable work) {
    Kept kept = queue.newKept();
    try {
      queue.keep(kept, work);
      return Optional.of(new Replayed(kept));
    } catch (RuntimeException | Error e) {
      forget(kept);
      throw e;
    }
  }

  private synchronized void forget(Kept kept) {
    queue.drain();
    kept.free();
    kept.scratch().all().forEach(memory::free);
  }

  private synchronized void run(Kept kept) { queue.run(kept); }

  private final class Replayed implements Recording {
    private final Kept kept;

    Replayed(Kept kept) { this.kept = kept; }

    @Override
    public void run() { VulkanGpu.this.run(kept); }

    @Override
    public void close() { forget(kept); }
  }

  @Override
  public synchronized void releaseUnused() {
    queue.drain();
    memory.trim();
  }

  @Override
  public synchronized void write(long target, MemorySegment source) {
    for (long at = 0; at < source.byteSize();) {
      long bytes = Math.min(queue.roomForValues(), source.byteSize() - at);
      long to = target + at;
      queue.record(source.asSlice(at, bytes), (commands, upload, offset) -> copy(commands, upload, offset, memory.at(to), to
          - memory
              .at(to).address(), bytes));
      at += bytes;
    }
  }

  @Override
  public synchronized void read(long source, MemorySegment target) {
    if (queue.keeping().isPresent()) throw new IllegalStateException("vulkan: what is recorded cannot be waited for");
    for (long at = 0; at < target.byteSize(); at += Batch.BYTES) {
      long bytes = Math.min(Batch.BYTES, target.byteSize() - at);
      Block block = memory.at(source + at);
      long from = source + at - block.address();
      queue.record(commands -> copy(commands, block, from, download, 0, bytes));
      queue.drain();
      MemorySegment.copy(download.host(), 0, target, at, bytes);
    }
  }

  @Override
  public synchronized void copy(long target, long source, long bytes) {
    if (bytes == 0) return;
    Block from = memory.at(source);
    Block to = memory.at(target);
    queue.record(commands -> copy(commands, from, source - from.address(), to, target - to.address(), bytes));
  }

  private static void copy(VkCommandBuffer commands, Block from, long fromOffset, Block to, long toOffset, long bytes) {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      vkCmdCopyBuffer(commands, from.buffer(), to.buffer(), VkBufferCopy.calloc(1, stack).srcOffset(fromOffset).dstOffset(
          toOffset)
          .size(bytes));
    }
  }

  @Override
  public synchronized void clear(long target, long bytes) {
    if (bytes == 0) return;
    Block to = memory.at(target);
    queue.record(commands -> vkCmdFillBuffer(commands, to.buffer(), target - to.address(), bytes, 0));
  }

  @Override
  public synchronized void launch(String shader, String kernel, Grid grid, int sharedBytes, Arguments arguments) {
    if (grid.x() == 0 || grid.y() == 0 || grid.z() == 0) return;
    long pipeline = pipelines.pipeline(shader, kernel, grid.threads());
    ByteBuffer bytes = arguments.done();
    queue.record(MemorySegment.ofBuffer(bytes), (commands, upload, offset) -> {
      vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
      try (MemoryStack stack = MemoryStack.stackPush()) {
        ByteBuffer pushed = stack.malloc(Pipelines.PUSHED_BYTES);
        for (int first = 0; first < grid.x(); first += candidate.mostBlocks()) {
          pushed.putLong(0, upload.address() + offset).putInt(Long.BYTES, first);
          vkCmdPushConstants(commands, pipelines.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, pushed);
          vkCmdDispatch(commands, Math.min(candidate.mostBlocks(), grid.x() - first), grid.y(), grid.z());
        }
      }
    });
  }

  /// Writes what was compiled since the last time, for the next run. Waits for nobody, so that it can be done when the process ends
  /// in the middle of something.
  void keepPipelines() {
    int count = pipelines.count();
    if (file.isEmpty() || kept.getAndSet(count) == count) return;
    try {
      file.get().write(pipelines.data());
    } catch (IOException e) {
      // the next run compiles again
      kept.set(0);
    }
  }
}

package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.VK10.*;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.lwjgl.PointerBuffer;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.vulkan.VK12;
import org.lwjgl.vulkan.VkCommandBuffer;
import org.lwjgl.vulkan.VkCommandBufferAllocateInfo;
import org.lwjgl.vulkan.VkCommandBufferBeginInfo;
import org.lwjgl.vulkan.VkCommandPoolCreateInfo;
import org.lwjgl.vulkan.VkMemoryBarrier;
import org.lwjgl.vulkan.VkSemaphoreCreateInfo;
import org.lwjgl.vulkan.VkSemaphoreTypeCreateInfo;
import org.lwjgl.vulkan.VkSemaphoreWaitInfo;
import org.lwjgl.vulkan.VkSubmitInfo;
import org.lwjgl.vulkan.VkTimelineSemaphoreSubmitInfo;

/// Records commands in their order into batches, each seeing all that was written before it, and submits a batch when it is full or
/// somebody waits. Some batches are on their way while the next is recorded. Callers take turns.
final class CommandQueue {
  private static final int BATCHES = 3;
  // enough that submitting does not count, and few enough that the device starts soon
  private static final int MOST_COMMANDS = 128;
  private static final int STAGES = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;

  private final DeviceContext context;
  private final long pool;
  private final long timeline;
  private final List<Batch> batches = new ArrayList<>();
  private int current;
  private long submitted;
  private long recorded;
  private Optional<Kept> keeping = Optional.empty();

  CommandQueue(DeviceContext context) {
    this.context = context;
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var type = VkSemaphoreTypeCreateInfo.calloc(stack).sType$Default().semaphoreType(VK12.VK_SEMAPHORE_TYPE_TIMELINE);
      var semaphore = stack.mallocLong(1);
      VulkanException.check("vkCreateSemaphore", vkCreateSemaphore(context.device(), VkSemaphoreCreateInfo.calloc(stack)
          .sType$Default().pNext(type.address()), null, semaphore));
      this.timeline = semaphore.get(0);
      var pool = stack.mallocLong(1);
      VulkanException.check("vkCreateCommandPool", vkCreateCommandPool(context.device(), VkCommandPoolCreateInfo.calloc(stack)
          .sType$Default().flags(VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT).queueFamilyIndex(context.candidate()
              .queueFamily()), null, pool));
      this.pool = pool.get(0);
      PointerBuffer pointers = stack.mallocPointer(BATCHES);
      VulkanException.check("vkAllocateCommandBuffers", vkAllocateCommandBuffers(context.device(), VkCommandBufferAllocateInfo
          .calloc(stack).sType$Default().commandPool(pool.get(0)).level(VK_COMMAND_BUFFER_LEVEL_PRIMARY).commandBufferCount(
              BATCHES), pointers));
      for (int i = 0; i < BATCHES; i++) {
        Block upload = Block.allocate(context.device(), Block.Use.UPLOAD, Batch.BYTES).orElseThrow(() -> new VulkanException(
            "vulkan: no memory for arguments"));
        batches.add(new Batch(new VkCommandBuffer(pointers.get(i), context.device()), upload));
      }
    }
    begin();
  }

  private Batch batch() { return batches.get(current); }

  private void begin() {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      batch().restart();
      VulkanException.check("vkBeginCommandBuffer", vkBeginCommandBuffer(batch().commands, VkCommandBufferBeginInfo.calloc(stack)
          .sType$Default().flags(VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT)));
    }
  }

  /// A batch with room for one more command and at least so many bytes of its own.
  private Batch batchWith(long bytes) {
    if (keeping.isPresent()) return keeping.get().batchWith(bytes);
    if (!batch().hasRoom(bytes) || batch().count() >= MOST_COMMANDS) submit();
    return batch();
  }

  /// Records one command.
  void record(Consumer<VkCommandBuffer> command) {
    Batch batch = batchWith(0);
    command.accept(batch.commands);
    finish(batch);
  }

  /// A command that reads bytes of the host: in which buffer and where they are, and their address.
  @FunctionalInterface
  interface Reading {
    void record(VkCommandBuffer commands, Block upload, long offset);
  }

  /// Records a command with the bytes that it reads, which are copied at once.
  void record(MemorySegment bytes, Reading command) {
    Batch batch = batchWith(bytes.byteSize());
    long offset = batch.put(bytes);
    command.record(batch.commands, batch.upload, offset);
    finish(batch);
  }

  /// How many bytes the next command may bring without a new submission; all that a batch has if there is hardly any.
  long roomForValues() {
    long room = keeping.map(kept -> kept.batchWith(0)).orElseGet(this::batch).room();
    return room < Batch.BYTES / 16 ? Batch.BYTES : room;
  }

  /// Records what `work` records, to be done later.
  ///
  /// @param kept takes it; ended afterwards
  void keep(Kept kept, Runnable work) {
    keeping = Optional.of(kept);
    try {
      work.run();
    } finally {
      keeping = Optional.empty();
      kept.end();
    }
  }

  /// What is being recorded to be done later, if anything is.
  Optional<Kept> keeping() { return keeping; }

  Kept newKept() { return new Kept(context, pool); }

  /// Does what was kept, as one command.
  void run(Kept kept) {
    record(commands -> vkCmdExecuteCommands(commands, kept.commands()));
  }

  private void finish(Batch batch) {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      barrier(batch.commands, stack, STAGES, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT
          | VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
    }
    batch.counted();
    if (keeping.isEmpty()) recorded++;
  }

  private static void barrier(VkCommandBuffer commands, MemoryStack stack, int stages, int access) {
    var all = VkMemoryBarrier.calloc(1, stack).sType$Default().srcAccessMask(VK_ACCESS_SHADER_WRITE_BIT
        | VK_ACCESS_TRANSFER_WRITE_BIT).dstAccessMask(access);
    vkCmdPipelineBarrier(commands, STAGES, stages, 0, all, null, null);
  }

  /// Sends what was recorded on its way, and goes on with the next batch as soon as that one is free.
  private void submit() {
    if (batch().isEmpty()) return;
    try (MemoryStack stack = MemoryStack.stackPush()) {
      barrier(batch().commands, stack, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
      VulkanException.check("vkEndCommandBuffer", vkEndCommandBuffer(batch().commands));
      submitted++;
      var value = VkTimelineSemaphoreSubmitInfo.calloc(stack).sType$Default().pSignalSemaphoreValues(stack.longs(submitted));
      var info = VkSubmitInfo.calloc(stack).sType$Default().pNext(value.address()).pCommandBuffers(stack.pointers(
          batch().commands))
          .pSignalSemaphores(stack.longs(timeline));
      VulkanException.check("vkQueueSubmit", vkQueueSubmit(context.queue(), info, VK_NULL_HANDLE));
      batch().submitted(submitted);
    }
    current = (current + 1) % BATCHES;
    await(batch().done());
    begin();
  }

  /// Submits everything, and waits until all of it is done.
  void drain() {
    submit();
    await(submitted);
  }

  private void await(long value) {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var info = VkSemaphoreWaitInfo.calloc(stack).sType$Default().semaphoreCount(1).pSemaphores(stack.longs(timeline)).pValues(
          stack.longs(value));
      VulkanException.check("vkWaitSemaphores", VK12.vkWaitSemaphores(context.device(), info, Long.MAX_VALUE));
    }
  }

  /// How many commands there were, those that were kept counted as one each time.
  long commands() { return recorded; }

  /// How many submissions there were.
  long submissions() { return submitted; }
}

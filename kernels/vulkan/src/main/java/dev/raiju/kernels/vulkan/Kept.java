package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.VK10.*;

import dev.raiju.kernels.gpu.Scratch;
import java.util.ArrayList;
import java.util.List;
import org.lwjgl.PointerBuffer;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.vulkan.VkCommandBuffer;
import org.lwjgl.vulkan.VkCommandBufferAllocateInfo;
import org.lwjgl.vulkan.VkCommandBufferBeginInfo;
import org.lwjgl.vulkan.VkCommandBufferInheritanceInfo;

/// Commands that are recorded once and done many times, as one command of a batch each time; with the host memory that they read,
/// and the device's memory that kernels took for themselves while they were recorded.
final class Kept {
  private final DeviceContext context;
  private final long pool;
  private final VkCommandBuffer commands;
  private final List<Batch> batches = new ArrayList<>();
  private final Scratch scratch = new Scratch();

  /// @param pool of command buffers
  Kept(DeviceContext context, long pool) {
    this.context = context;
    this.pool = pool;
    try (MemoryStack stack = MemoryStack.stackPush()) {
      PointerBuffer pointer = stack.mallocPointer(1);
      VulkanException.check("vkAllocateCommandBuffers", vkAllocateCommandBuffers(context.device(), VkCommandBufferAllocateInfo
          .calloc(stack).sType$Default().commandPool(pool).level(VK_COMMAND_BUFFER_LEVEL_SECONDARY).commandBufferCount(1),
          pointer));
      this.commands = new VkCommandBuffer(pointer.get(0), context.device());
      // several batches that hold it may be on their way at the same time
      VulkanException.check("vkBeginCommandBuffer", vkBeginCommandBuffer(commands, VkCommandBufferBeginInfo.calloc(stack)
          .sType$Default().flags(VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT).pInheritanceInfo(VkCommandBufferInheritanceInfo
              .calloc(stack).sType$Default())));
    }
  }

  VkCommandBuffer commands() { return commands; }

  /// Where the next command goes: memory of the host for at least so many bytes of its own.
  Batch batchWith(long bytes) {
    if (batches.isEmpty() || !batches.getLast().hasRoom(bytes)) {
      batches.add(new Batch(commands, Block.allocate(context.device(), Block.Use.UPLOAD, Batch.BYTES).orElseThrow(
          () -> new VulkanException("vulkan: no memory for arguments"))));
    }
    return batches.getLast();
  }

  void end() { VulkanException.check("vkEndCommandBuffer", vkEndCommandBuffer(commands)); }

  /// What kernels took for themselves.
  Scratch scratch() { return scratch; }

  /// Gives commands and host memory back; nothing that holds them may be on its way.
  void free() {
    vkFreeCommandBuffers(context.device(), pool, commands);
    batches.forEach(batch -> batch.upload.free());
  }
}

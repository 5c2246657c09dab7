package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.VK10.*;

import dev.raiju.kernels.gpu.MemoryBlock;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.vulkan.VK12;
import org.lwjgl.vulkan.VkBufferCreateInfo;
import org.lwjgl.vulkan.VkBufferDeviceAddressInfo;
import org.lwjgl.vulkan.VkDevice;
import org.lwjgl.vulkan.VkMemoryAllocateFlagsInfo;
import org.lwjgl.vulkan.VkMemoryAllocateInfo;
import org.lwjgl.vulkan.VkMemoryRequirements;
import org.lwjgl.vulkan.VkPhysicalDeviceMemoryProperties;

/// One piece of the driver's memory with a buffer over all of it.
///
/// @param address where kernels find it
/// @param host the same memory as the host sees it, empty if it does not
record Block(VkDevice device, long buffer, long memory, long address, long bytes, MemorySegment host)
    implements
      MemoryBlock {
  /// What a block is for, in flags that its memory must have and those that it should have.
  enum Use {
    COMPUTE(0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT),
    UPLOAD(VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, 0),
    DOWNLOAD(VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, VK_MEMORY_PROPERTY_HOST_CACHED_BIT);

    private final int needed;
    private final int wanted;

    Use(int needed, int wanted) {
      this.needed = needed;
      this.wanted = wanted;
    }
  }

  /// A new one, unless there is not enough memory.
  static Optional<Block> allocate(VkDevice device, Use use, long bytes) {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var buffer = stack.mallocLong(1);
      var info = VkBufferCreateInfo.calloc(stack).sType$Default().size(bytes).sharingMode(VK_SHARING_MODE_EXCLUSIVE).usage(
          VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT
              | VK12.VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT);
      VulkanException.check("vkCreateBuffer", vkCreateBuffer(device, info, null, buffer));
      var requirements = VkMemoryRequirements.malloc(stack);
      vkGetBufferMemoryRequirements(device, buffer.get(0), requirements);
      var flags = VkMemoryAllocateFlagsInfo.calloc(stack).sType$Default().flags(VK12.VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT);
      var allocation = VkMemoryAllocateInfo.calloc(stack).sType$Default().pNext(flags.address()).allocationSize(requirements
          .size()).memoryTypeIndex(type(device, use, requirements.memoryTypeBits(), stack));
      var memory = stack.mallocLong(1);
      int code = vkAllocateMemory(device, allocation, null, memory);
      if (code == VK_ERROR_OUT_OF_DEVICE_MEMORY || code == VK_ERROR_OUT_OF_HOST_MEMORY) {
        vkDestroyBuffer(device, buffer.get(0), null);
        return Optional.empty();
      }
      VulkanException.check("vkAllocateMemory", code);
      VulkanException.check("vkBindBufferMemory", vkBindBufferMemory(device, buffer.get(0), memory.get(0), 0));
      var where = VkBufferDeviceAddressInfo.calloc(stack).sType$Default().buffer(buffer.get(0));
      long address = VK12.vkGetBufferDeviceAddress(device, where);
      return Optional.of(new Block(device, buffer.get(0), memory.get(0), address, bytes, mapped(device, use, memory.get(0), bytes,
          stack)));
    }
  }

  private static MemorySegment mapped(VkDevice device, Use use, long memory, long bytes, MemoryStack stack) {
    if (use == Use.COMPUTE) return MemorySegment.NULL;
    var pointer = stack.mallocPointer(1);
    VulkanException.check("vkMapMemory", vkMapMemory(device, memory, 0, bytes, 0, pointer));
    return MemorySegment.ofAddress(pointer.get(0)).reinterpret(bytes);
  }

  /// The first type that has all that is wanted, or else all that is needed.
  private static int type(VkDevice device, Use use, int allowed, MemoryStack stack) {
    var properties = VkPhysicalDeviceMemoryProperties.malloc(stack);
    vkGetPhysicalDeviceMemoryProperties(device.getPhysicalDevice(), properties);
    for (int flags : new int[] {use.needed | use.wanted, use.needed}) {
      for (int i = 0; i < properties.memoryTypeCount(); i++) {
        if ((allowed & 1 << i) != 0 && (properties.memoryTypes(i).propertyFlags() & flags) == flags) return i;
      }
    }
    throw new VulkanException("vulkan: no memory for " + use);
  }

  @Override
  public void free() {
    vkDestroyBuffer(device, buffer, null);
    vkFreeMemory(device, memory, null);
  }
}

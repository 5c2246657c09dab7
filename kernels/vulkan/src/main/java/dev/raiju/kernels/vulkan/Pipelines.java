package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.VK10.*;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.system.MemoryUtil;
import org.lwjgl.vulkan.VkComputePipelineCreateInfo;
import org.lwjgl.vulkan.VkDevice;
import org.lwjgl.vulkan.VkPipelineCacheCreateInfo;
import org.lwjgl.vulkan.VkPipelineLayoutCreateInfo;
import org.lwjgl.vulkan.VkPushConstantRange;
import org.lwjgl.vulkan.VkShaderModuleCreateInfo;
import org.lwjgl.vulkan.VkSpecializationInfo;
import org.lwjgl.vulkan.VkSpecializationMapEntry;

/// The kernels as the driver compiled them, each when it is first asked for. Callers take turns.
final class Pipelines {
  /// The address of the arguments, and the first block of a dispatch.
  static final int PUSHED_BYTES = Long.BYTES + Integer.BYTES;
  // threads of a block, kernel, type: `constant_id` 0 to 2
  private static final int CONSTANTS = 3;

  private record Key(Shader.Choice choice, int threads) {}

  private final VkDevice device;
  private final long layout;
  private final long cache;
  private final Map<Shader, Long> modules = new EnumMap<>(Shader.class);
  private final Map<Key, Long> pipelines = new HashMap<>();
  private volatile int count;

  /// @param known what [#data] gave before, or nothing
  Pipelines(VkDevice device, byte[] known) {
    this.device = device;
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var pushed = VkPushConstantRange.calloc(1, stack).stageFlags(VK_SHADER_STAGE_COMPUTE_BIT).size(PUSHED_BYTES);
      var handle = stack.mallocLong(1);
      VulkanException.check("vkCreatePipelineLayout", vkCreatePipelineLayout(device, VkPipelineLayoutCreateInfo.calloc(stack)
          .sType$Default().pPushConstantRanges(pushed), null, handle));
      this.layout = handle.get(0);
      ByteBuffer data = MemoryUtil.memAlloc(Math.max(1, known.length));
      try {
        data.put(known).flip();
        var info = VkPipelineCacheCreateInfo.calloc(stack).sType$Default();
        // what another driver wrote, the driver knows by its head and leaves alone
        if (known.length > 0) info.pInitialData(data);
        VulkanException.check("vkCreatePipelineCache", vkCreatePipelineCache(device, info, null, handle));
      } finally {
        MemoryUtil.memFree(data);
      }
      this.cache = handle.get(0);
    }
  }

  long layout() { return layout; }

  /// How many there are; for any thread.
  int count() { return count; }

  long pipeline(String file, String kernel, int threads) {
    return pipelines.computeIfAbsent(new Key(Shader.find(file, kernel), threads), this::compile);
  }

  private long compile(Key key) {
    long module = modules.computeIfAbsent(key.choice().shader(), this::load);
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var entries = VkSpecializationMapEntry.calloc(CONSTANTS, stack);
      for (int i = 0; i < CONSTANTS; i++) entries.get(i).constantID(i).offset(i * Integer.BYTES).size(Integer.BYTES);
      ByteBuffer values = stack.malloc(CONSTANTS * Integer.BYTES);
      values.putInt(key.threads()).putInt(key.choice().kernel()).putInt(key.choice().type()).flip();
      var constants = VkSpecializationInfo.calloc(stack).pMapEntries(entries).pData(values);
      var info = VkComputePipelineCreateInfo.calloc(1, stack).sType$Default().layout(layout);
      info.stage().sType$Default().stage(VK_SHADER_STAGE_COMPUTE_BIT).module(module).pName(stack.UTF8("main"))
          .pSpecializationInfo(constants);
      var handle = stack.mallocLong(1);
      VulkanException.check("vkCreateComputePipelines", vkCreateComputePipelines(device, cache, info, null, handle));
      count++;
      return handle.get(0);
    }
  }

  private long load(Shader shader) {
    byte[] code = shader.code();
    ByteBuffer words = MemoryUtil.memAlloc(code.length);
    try (MemoryStack stack = MemoryStack.stackPush()) {
      words.put(code).flip();
      var handle = stack.mallocLong(1);
      VulkanException.check("vkCreateShaderModule", vkCreateShaderModule(device, VkShaderModuleCreateInfo.calloc(stack)
          .sType$Default().pCode(words), null, handle));
      return handle.get(0);
    } finally {
      MemoryUtil.memFree(words);
    }
  }

  /// What the driver compiled, in its own form; for any thread.
  byte[] data() {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var size = stack.mallocPointer(1);
      VulkanException.check("vkGetPipelineCacheData", vkGetPipelineCacheData(device, cache, size, null));
      ByteBuffer data = MemoryUtil.memAlloc(Math.toIntExact(size.get(0)));
      try {
        VulkanException.check("vkGetPipelineCacheData", vkGetPipelineCacheData(device, cache, size, data));
        byte[] bytes = new byte[(int) size.get(0)];
        data.get(bytes);
        return bytes;
      } finally {
        MemoryUtil.memFree(data);
      }
    }
  }
}

package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.VK10.*;
import static org.lwjgl.vulkan.VK11.*;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.vulkan.VkPhysicalDevice;
import org.lwjgl.vulkan.VkPhysicalDevice16BitStorageFeatures;
import org.lwjgl.vulkan.VkPhysicalDeviceFeatures2;
import org.lwjgl.vulkan.VkPhysicalDeviceMaintenance3Properties;
import org.lwjgl.vulkan.VkPhysicalDeviceProperties2;
import org.lwjgl.vulkan.VkPhysicalDeviceSubgroupProperties;
import org.lwjgl.vulkan.VkPhysicalDeviceVulkan12Features;
import org.lwjgl.vulkan.VkQueueFamilyProperties;
import org.lwjgl.vulkan.VK12;

/// One device as it was found: what it can do, and what the kernels miss.
///
/// @param kind of `VkPhysicalDeviceType`
/// @param queueFamily the queues that compute, of which those that do not draw come first; -1 if there are none
/// @param cacheUuid what compiled pipelines are good for, with the driver's version
/// @param mostBytes of one allocation
/// @param missing what the kernels need and it lacks, nothing if it can be used
record Candidate(VkPhysicalDevice handle, String name, int kind, int version, int queueFamily, String cacheUuid, long mostBytes,
    int mostBlocks, int subgroup, List<String> missing) {
  private static final int SHARED_BYTES = 32768;
  private static final int THREADS = 256;

  static Candidate of(VkPhysicalDevice device) {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var subgroup = VkPhysicalDeviceSubgroupProperties.calloc(stack).sType$Default();
      var sizes = VkPhysicalDeviceMaintenance3Properties.calloc(stack).sType$Default().pNext(subgroup.address());
      var properties2 = VkPhysicalDeviceProperties2.calloc(stack).sType$Default().pNext(sizes.address());
      vkGetPhysicalDeviceProperties2(device, properties2);
      var properties = properties2.properties();
      List<String> missing = new ArrayList<>();
      if (properties.apiVersion() < VK12.VK_API_VERSION_1_2)
        missing.add("Vulkan 1.2 (it has " + Instance.version(properties.apiVersion()) + ")");
      else
        features(device, stack, missing);
      int family = queueFamily(device, stack);
      if (family < 0) missing.add("a queue that computes");
      var limits = properties.limits();
      if (limits.maxComputeSharedMemorySize() < SHARED_BYTES) missing.add(SHARED_BYTES + " bytes of shared memory");
      if (limits.maxComputeWorkGroupInvocations() < THREADS) missing.add(THREADS + " threads in a block");
      int arithmetic = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT;
      if ((subgroup.supportedOperations() & arithmetic) != arithmetic) missing.add("arithmetic in subgroups");
      byte[] uuid = new byte[VK_UUID_SIZE];
      properties.pipelineCacheUUID().get(uuid);
      return new Candidate(device, properties.deviceNameString(), properties.deviceType(), properties.apiVersion(), family,
          HexFormat.of().formatHex(uuid) + "-" + Integer.toHexString(properties.driverVersion()), sizes.maxMemoryAllocationSize(),
          limits.maxComputeWorkGroupCount(0), subgroup.subgroupSize(), List.copyOf(missing));
    }
  }

  private static void features(VkPhysicalDevice device, MemoryStack stack, List<String> missing) {
    var narrow = VkPhysicalDevice16BitStorageFeatures.calloc(stack).sType$Default();
    var features12 = VkPhysicalDeviceVulkan12Features.calloc(stack).sType$Default().pNext(narrow.address());
    var features = VkPhysicalDeviceFeatures2.calloc(stack).sType$Default().pNext(features12.address());
    vkGetPhysicalDeviceFeatures2(device, features);
    if (!features.features().shaderInt64()) missing.add("64-bit integers in shaders");
    if (!features.features().shaderInt16()) missing.add("16-bit integers in shaders");
    if (!features12.shaderInt8()) missing.add("8-bit integers in shaders");
    if (!features12.bufferDeviceAddress()) missing.add("addresses of buffers");
    if (!features12.scalarBlockLayout()) missing.add("scalar block layout");
    if (!features12.storageBuffer8BitAccess()) missing.add("8-bit storage");
    if (!narrow.storageBuffer16BitAccess()) missing.add("16-bit storage");
    if (!features12.timelineSemaphore()) missing.add("timeline semaphores");
  }

  private static int queueFamily(VkPhysicalDevice device, MemoryStack stack) {
    var count = stack.mallocInt(1);
    vkGetPhysicalDeviceQueueFamilyProperties(device, count, null);
    var families = VkQueueFamilyProperties.malloc(count.get(0), stack);
    vkGetPhysicalDeviceQueueFamilyProperties(device, count, families);
    int any = -1;
    for (int i = 0; i < families.capacity(); i++) {
      int flags = families.get(i).queueFlags();
      if ((flags & VK_QUEUE_COMPUTE_BIT) == 0) continue;
      if ((flags & VK_QUEUE_GRAPHICS_BIT) == 0) return i;
      if (any < 0) any = i;
    }
    return any;
  }

  /// Smaller is better: a GPU of its own before one in the processor, and what runs on the processor last.
  int rank() {
    return switch (kind) {
      case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU -> 0;
      case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU -> 1;
      case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU -> 2;
      default -> 3;
    };
  }

  boolean isProcessor() { return kind == VK_PHYSICAL_DEVICE_TYPE_CPU; }
}

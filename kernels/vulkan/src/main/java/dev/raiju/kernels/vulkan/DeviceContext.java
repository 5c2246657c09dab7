package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.VK10.*;

import org.lwjgl.PointerBuffer;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.vulkan.VkDevice;
import org.lwjgl.vulkan.VkDeviceCreateInfo;
import org.lwjgl.vulkan.VkDeviceQueueCreateInfo;
import org.lwjgl.vulkan.VkPhysicalDevice16BitStorageFeatures;
import org.lwjgl.vulkan.VkPhysicalDeviceFeatures2;
import org.lwjgl.vulkan.VkPhysicalDeviceVulkan12Features;
import org.lwjgl.vulkan.VkQueue;

/// A device that was opened with the features that the kernels use, and its queue.
record DeviceContext(Candidate candidate, VkDevice device, VkQueue queue) {
  static DeviceContext open(Candidate candidate) {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var narrow = VkPhysicalDevice16BitStorageFeatures.calloc(stack).sType$Default().storageBuffer16BitAccess(true);
      var features12 = VkPhysicalDeviceVulkan12Features.calloc(stack).sType$Default().pNext(narrow.address()).shaderInt8(true)
          .bufferDeviceAddress(true).scalarBlockLayout(true).storageBuffer8BitAccess(true).timelineSemaphore(true);
      var features = VkPhysicalDeviceFeatures2.calloc(stack).sType$Default().pNext(features12.address());
      features.features().shaderInt64(true).shaderInt16(true);
      var queues = VkDeviceQueueCreateInfo.calloc(1, stack).sType$Default().queueFamilyIndex(candidate.queueFamily())
          .pQueuePriorities(stack.floats(1));
      var info = VkDeviceCreateInfo.calloc(stack).sType$Default().pNext(features.address()).pQueueCreateInfos(queues);
      PointerBuffer pointer = stack.mallocPointer(1);
      VulkanException.check("vkCreateDevice", vkCreateDevice(candidate.handle(), info, null, pointer));
      VkDevice device = new VkDevice(pointer.get(0), candidate.handle(), info);
      vkGetDeviceQueue(device, candidate.queueFamily(), 0, pointer);
      return new DeviceContext(candidate, device, new VkQueue(pointer.get(0), device));
    }
  }
}

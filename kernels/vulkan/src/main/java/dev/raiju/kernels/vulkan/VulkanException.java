package dev.raiju.kernels.vulkan;

import org.lwjgl.vulkan.VK10;

/// The driver refused a call.
final class VulkanException extends RuntimeException {
  private static final long serialVersionUID = 1;

  VulkanException(String message) { super(message); }

  /// Throws unless a call went well.
  static void check(String call, int code) {
    if (code < VK10.VK_SUCCESS) throw new VulkanException("vulkan: " + call + ": " + name(code));
  }

  private static String name(int code) {
    return switch (code) {
      case VK10.VK_ERROR_OUT_OF_HOST_MEMORY -> "out of host memory";
      case VK10.VK_ERROR_OUT_OF_DEVICE_MEMORY -> "out of device memory";
      case VK10.VK_ERROR_INITIALIZATION_FAILED -> "initialization failed";
      case VK10.VK_ERROR_DEVICE_LOST -> "the device is lost";
      case VK10.VK_ERROR_LAYER_NOT_PRESENT -> "a layer is not present";
      case VK10.VK_ERROR_EXTENSION_NOT_PRESENT -> "an extension is not present";
      case VK10.VK_ERROR_FEATURE_NOT_PRESENT -> "a feature is not present";
      case VK10.VK_ERROR_INCOMPATIBLE_DRIVER -> "no driver of this version";
      case VK10.VK_ERROR_TOO_MANY_OBJECTS -> "too many objects";
      default -> "error " + code;
    };
  }
}

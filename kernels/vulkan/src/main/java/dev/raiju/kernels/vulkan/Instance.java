package dev.raiju.kernels.vulkan;

import static org.lwjgl.vulkan.EXTDebugUtils.*;
import static org.lwjgl.vulkan.VK10.*;

import dev.raiju.tensor.backend.BackendProvider.UnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.lwjgl.PointerBuffer;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.vulkan.VK;
import org.lwjgl.vulkan.VK12;
import org.lwjgl.vulkan.VkApplicationInfo;
import org.lwjgl.vulkan.VkDebugUtilsMessengerCallbackDataEXT;
import org.lwjgl.vulkan.VkDebugUtilsMessengerCallbackEXT;
import org.lwjgl.vulkan.VkDebugUtilsMessengerCreateInfoEXT;
import org.lwjgl.vulkan.VkInstance;
import org.lwjgl.vulkan.VkInstanceCreateInfo;
import org.lwjgl.vulkan.VkLayerProperties;
import org.lwjgl.vulkan.VkPhysicalDevice;

/// The connection with the system's Vulkan, for as long as the process lives.
final class Instance {
  private static final String VALIDATION = "VK_LAYER_KHRONOS_validation";

  private final VkInstance handle;
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();

  private Instance(VkInstance handle) { this.handle = handle; }

  /// @param validated whether the Khronos validation layer watches all calls
  static Instance open(boolean validated) throws UnavailableException {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      int version = VK.getInstanceVersionSupported();
      if (version < VK12.VK_API_VERSION_1_2)
        throw new UnavailableException("the Vulkan loader is of version " + version(version) + "; needs 1.2 or newer");
      if (validated && !layers(stack).contains(VALIDATION))
        throw new UnavailableException("the layer " + VALIDATION + " was asked for and is not installed");
      var application = VkApplicationInfo.calloc(stack).sType$Default().pEngineName(stack.UTF8("Raiju")).apiVersion(
          VK12.VK_API_VERSION_1_2);
      var info = VkInstanceCreateInfo.calloc(stack).sType$Default().pApplicationInfo(application);
      if (validated)
        info.ppEnabledLayerNames(stack.pointers(stack.UTF8(VALIDATION))).ppEnabledExtensionNames(stack.pointers(stack
            .UTF8(VK_EXT_DEBUG_UTILS_EXTENSION_NAME)));
      PointerBuffer pointer = stack.mallocPointer(1);
      int code = vkCreateInstance(info, null, pointer);
      if (code != VK_SUCCESS) throw new UnavailableException("the Vulkan loader makes no instance: error " + code);
      var instance = new Instance(new VkInstance(pointer.get(0), info));
      if (validated) instance.listen(stack);
      return instance;
    } catch (UnsatisfiedLinkError | ExceptionInInitializerError | NoClassDefFoundError e) {
      throw new UnavailableException(
          "no Vulkan loader was found: there is no libvulkan.so.1 (vulkan-1.dll on Windows) where the system looks for libraries");
    }
  }

  static String version(int version) { return VK_VERSION_MAJOR(version) + "." + VK_VERSION_MINOR(version); }

  private static List<String> layers(MemoryStack stack) {
    var count = stack.mallocInt(1);
    vkEnumerateInstanceLayerProperties(count, null);
    var properties = VkLayerProperties.malloc(count.get(0), stack);
    vkEnumerateInstanceLayerProperties(count, properties);
    return properties.stream().map(VkLayerProperties::layerNameString).toList();
  }

  private void listen(MemoryStack stack) {
    // never freed, as is the instance
    var callback = VkDebugUtilsMessengerCallbackEXT.create((_, _, data, _) -> {
      complaints.add(VkDebugUtilsMessengerCallbackDataEXT.create(data).pMessageString());
      return VK_FALSE;
    });
    var info = VkDebugUtilsMessengerCreateInfoEXT.calloc(stack).sType$Default().messageSeverity(
        VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT).messageType(
            VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT
                | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT).pfnUserCallback(callback);
    VulkanException.check("vkCreateDebugUtilsMessengerEXT", vkCreateDebugUtilsMessengerEXT(handle, info, null, stack.mallocLong(
        1)));
  }

  /// What the validation layer said so far.
  List<String> complaints() { return List.copyOf(complaints); }

  List<VkPhysicalDevice> devices() {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      var count = stack.mallocInt(1);
      VulkanException.check("vkEnumeratePhysicalDevices", vkEnumeratePhysicalDevices(handle, count, null));
      PointerBuffer pointers = stack.mallocPointer(count.get(0));
      if (count.get(0) > 0)
        VulkanException.check("vkEnumeratePhysicalDevices", vkEnumeratePhysicalDevices(handle, count, pointers));
      List<VkPhysicalDevice> devices = new ArrayList<>();
      for (int i = 0; i < pointers.capacity(); i++) devices.add(new VkPhysicalDevice(pointers.get(i), handle));
      return devices;
    }
  }
}

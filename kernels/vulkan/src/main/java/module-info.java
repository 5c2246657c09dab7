/// The Vulkan backend. Nothing but the provider is for others: ask for `Device.named("vulkan")`.
@org.jspecify.annotations.NullMarked module dev.raiju.kernels.vulkan {
  requires static org.jspecify;
  requires transitive dev.raiju.tensor;
  requires dev.raiju.kernels.gpu;
  requires org.lwjgl;
  requires org.lwjgl.natives;
  requires org.lwjgl.vulkan;

  exports dev.raiju.kernels.vulkan;

  provides dev.raiju.tensor.backend.BackendProvider with dev.raiju.kernels.vulkan.VulkanProvider;
}

/// Tensors on any GPU with Vulkan 1.2. The kernels are GLSL sources that ship as SPIR-V; memory is reached by addresses, so that the
/// host's side of a launch is the one that CUDA uses too.
package dev.raiju.kernels.vulkan;

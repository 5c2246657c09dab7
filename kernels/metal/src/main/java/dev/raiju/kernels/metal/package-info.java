/// Tensors on the GPUs of Apple silicon. The kernels are sources in the Metal Shading Language that the system compiles when they are
/// first needed; the host talks to the Objective-C runtime and to Metal through the foreign function interface, without native code of
/// its own. Memory is reached by addresses, so that the host's side of a launch is the one that CUDA and Vulkan use too.
///
/// **None of this ever ran on Apple hardware.** Its tests run the host against a stand-in for Metal in Objective-C, and the kernels'
/// own text on the processor. What Apple's compiler, driver and memory do beyond their documentation is not known.
package dev.raiju.kernels.metal;

package dev.raiju.kernels.gpu;

/// One piece of a driver's memory, from which tensors are cut.
public interface MemoryBlock {
  /// Where kernels find it.
  long address();

  /// How long it is.
  long bytes();

  /// Gives it back to the driver; nothing that was launched may still use it.
  void free();
}

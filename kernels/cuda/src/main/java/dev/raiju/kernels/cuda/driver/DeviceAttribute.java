package dev.raiju.kernels.cuda.driver;

/// What can be asked of a device, with the driver's number for it.
public enum DeviceAttribute {
  SHARED_MEMORY_PER_BLOCK(8),
  WARP_SIZE(10),
  MULTIPROCESSORS(16),
  COMPUTE_CAPABILITY_MAJOR(75),
  COMPUTE_CAPABILITY_MINOR(76),
  /// If a kernel asks for it.
  LARGEST_SHARED_MEMORY_PER_BLOCK(97),
  MEMORY_POOLS(115);

  private final int number;

  DeviceAttribute(int number) { this.number = number; }

  public int number() { return number; }
}

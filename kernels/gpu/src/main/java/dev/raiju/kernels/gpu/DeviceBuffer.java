package dev.raiju.kernels.gpu;

import dev.raiju.tensor.backend.Buffer;

/// Memory on a device. Freed in the order of launches: what was launched before still finds it.
public final class DeviceBuffer extends Buffer implements AutoCloseable {
  private final Gpu gpu;
  private final long address;
  private final long bytes;

  DeviceBuffer(Gpu gpu, long address, long bytes) {
    this.gpu = gpu;
    this.address = address;
    this.bytes = bytes;
  }

  /// Where it begins on the device.
  public long address() { return address; }

  @Override
  public long bytes() { return bytes; }

  @Override
  protected void free() { gpu.free(address); }

  /// Ends the ownership of the one that made it: for memory that a kernel needs while it is being launched.
  @Override
  public void close() { release(); }
}

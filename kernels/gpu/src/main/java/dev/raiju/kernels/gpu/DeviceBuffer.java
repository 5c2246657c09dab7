package dev.raiju.kernels.gpu;

import dev.raiju.tensor.backend.Buffer;

/// Memory on a device. Freed in the order of launches: what was launched before still finds it.
public final class DeviceBuffer extends Buffer implements AutoCloseable {
  private final long address;
  private final long bytes;
  private final Runnable whenFreed;

  DeviceBuffer(long address, long bytes, Runnable whenFreed) {
    this.address = address;
    this.bytes = bytes;
    this.whenFreed = whenFreed;
  }

  /// Where it begins on the device.
  public long address() { return address; }

  @Override
  public long bytes() { return bytes; }

  @Override
  protected void free() { whenFreed.run(); }

  /// Ends the ownership of the one that made it: for memory that a kernel needs while it is being launched.
  @Override
  public void close() { release(); }
}

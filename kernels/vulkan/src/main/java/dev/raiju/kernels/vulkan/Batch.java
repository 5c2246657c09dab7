package dev.raiju.kernels.vulkan;

import java.lang.foreign.MemorySegment;
import org.lwjgl.vulkan.VkCommandBuffer;

/// Commands that are submitted together, and the host memory that they read: arguments, and values on their way to the device.
final class Batch {
  /// Of arguments and values.
  static final long BYTES = 4 << 20;
  // of a struct with 64-bit numbers, with room for vectors
  private static final long ALIGNMENT = 16;

  final VkCommandBuffer commands;
  final Block upload;
  private long filled;
  private int count;
  // of the timeline, when all of it has run
  private long done;

  Batch(VkCommandBuffer commands, Block upload) {
    this.commands = commands;
    this.upload = upload;
  }

  /// Whether so many bytes more fit.
  boolean hasRoom(long bytes) { return filled + bytes <= BYTES; }

  long room() { return BYTES - filled; }

  /// Copies bytes in.
  ///
  /// @return where they begin
  long put(MemorySegment bytes) {
    long at = filled;
    MemorySegment.copy(bytes, 0, upload.host(), at, bytes.byteSize());
    filled = Math.min(BYTES, (at + bytes.byteSize() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    return at;
  }

  boolean isEmpty() { return count == 0; }

  int count() { return count; }

  void counted() { count++; }

  long done() { return done; }

  void submitted(long value) { done = value; }

  void restart() {
    filled = 0;
    count = 0;
  }
}

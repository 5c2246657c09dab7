package dev.raiju.kernels.gpu;

import dev.raiju.tensor.backend.Recording;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// One device whose memory has 64-bit addresses and whose kernels are launched by name.
///
/// Everything runs in the order of the calls, and nothing is waited for but by [#read]: memory that is freed can be used again by what
/// comes after. May be used by several threads.
public interface Gpu {
  /// Threads of a block, where a kernel does not say otherwise.
  int THREADS = 256;

  /// Its name and size, in one line.
  String describe();

  /// How many blocks keep all of it busy when threads share any number of elements.
  long busyBlocks();

  /// Whether there are kernels for narrow float types on units for matrix products: `linear` and `narrow_attention`.
  boolean hasMatrixUnits();

  /// Whether there are kernels for attention's gradients on such units too: `narrow_attention_backward`.
  default boolean hasNarrowGradients() { return hasMatrixUnits(); }

  /// Whether products with weights in blocks are faster when the weights are unpacked as they are read, by `linear_blocks`, than when
  /// all of them are unpacked before.
  default boolean unpacksInProducts() { return !hasMatrixUnits(); }

  /// Whether indices are looked at before a kernel reads through them, for which the host waits. What only writes launches down cannot;
  /// whoever runs them then looks itself.
  default boolean checksIndices() { return true; }

  /// Whether there are kernels that go through a table of tensors, such as `adamw_table`, `squared_lengths` and `muon_momentum`, and
  /// `linear` takes several matrices at once.
  default boolean hasTables() { return false; }

  /// Memory for what is launched from now on, at a multiple of 256.
  ///
  /// @return its address
  /// @throws dev.raiju.tensor.backend.InsufficientMemoryException if there is not enough
  long reserve(long bytes);

  /// Gives memory back once what was launched has been done.
  void free(long address);

  /// Copies host memory; it may be changed as soon as this returns.
  void write(long target, MemorySegment source);

  /// Waits for everything before, and copies to host memory.
  void read(long source, MemorySegment target);

  /// Copies from one place to another.
  void copy(long target, long source, long bytes);

  /// Writes zeros.
  void clear(long target, long bytes);

  /// Launches a kernel, unless there are no blocks.
  ///
  /// @param file the source that it is in
  /// @param sharedBytes what its blocks share
  void launch(String file, String kernel, Grid grid, int sharedBytes, Arguments arguments);

  /// Launches a kernel whose threads share `count` elements.
  default void launch(String file, String kernel, long count, Arguments arguments) {
    if (count == 0) return;
    long blocks = Math.min((count + THREADS - 1) / THREADS, busyBlocks());
    launch(file, kernel, new Grid((int) blocks, 1, 1, THREADS), 0, arguments);
  }

  /// Gives memory that nobody uses back to the system, as far as some is kept.
  default void releaseUnused() {}

  /// Memory with an owner.
  default DeviceBuffer allocate(long bytes) {
    long address = reserve(bytes);
    return new DeviceBuffer(address, bytes, () -> free(address));
  }

  /// See [dev.raiju.tensor.backend.Backend#record].
  default Optional<Recording> record(Runnable work) { return Optional.empty(); }
}

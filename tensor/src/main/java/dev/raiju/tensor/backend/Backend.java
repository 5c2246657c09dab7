package dev.raiju.tensor.backend;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// A place where tensors live and operations run: the whole contract of a device with the engine.
///
/// A backend answers "none" for what it has no kernel for; the engine then runs the operation's definition, or throws. Methods
/// may be called by several threads at once.
public interface Backend {
  /// The name of users' messages and options: `cpu`, `cuda`.
  String name();

  /// One line for `raiju doctor`: what was found and what was chosen for it.
  String describe();

  /// Memory for at least `bytes` bytes, with undefined contents, owned by the caller.
  Buffer allocate(long bytes);

  /// Copies host memory into a buffer, starting at `offset` bytes.
  void write(Buffer target, long offset, MemorySegment source);

  /// Copies from a buffer, starting at `offset` bytes, into host memory.
  void read(Buffer source, long offset, MemorySegment target);

  /// Gives back to the system the memory that no buffer uses, as far as the backend keeps some for later. For the end of work that
  /// is not done again, and never between two steps of it.
  default void releaseUnused() {}

  /// Part of a buffer as a buffer of its own, whose memory goes with the whole.
  ///
  /// @param offset in bytes, a multiple of 64
  default Buffer part(Buffer whole, long offset, long bytes) {
    throw new UnsupportedOperationException(name() + ": buffers have no parts here, which plans are replayed in");
  }

  /// Keeps what `work` launches, to be done again as a whole; nothing is done yet, and what kernels took for themselves stays taken.
  /// None where a backend has no such thing.
  ///
  /// @throws IllegalStateException if `work` waits for a result
  default Optional<Recording> record(Runnable work) { return Optional.empty(); }

  /// Whether tensors here have values. A device that only plans has none, and nobody reads from it.
  default boolean hasValues() { return true; }

  /// Whether attention of these queries, keys and values is so much faster here over bf16 that narrowing them pays: a model that
  /// computes its products in bf16 does it then.
  default boolean narrowsAttention(List<Spec> in) { return false; }

  /// The kernel of its own that computes `op` on inputs of these kinds, if there is one.
  default Optional<Kernel> kernel(Op op, List<Spec> in) { return Optional.empty(); }
}

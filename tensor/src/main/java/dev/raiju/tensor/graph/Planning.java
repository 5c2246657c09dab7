package dev.raiju.tensor.graph;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.backend.BlockPool;
import dev.raiju.tensor.backend.HostBackend;

/// A device that computes nothing: its tensors have a kind and a layout and no memory, so that a model of any size runs in the time
/// of its bookkeeping. What it counts is what another device would use for the same calls.
///
/// ```java
/// Planning plan = Planning.of(Device.best());
/// try (Scope scope = Scope.open()) {
///   model.forward(Rng.of(0).normal(plan.device(), 1, 16, 21, 60, 104), …);
/// }
/// long bytes = plan.peakBytes();
/// ```
/// Operations are chosen as the real device chooses them: what it has a kernel for is one kernel, everything else runs by its
/// definition. Bytes are those of blocks of the real pool, what kernels take for themselves ([dev.raiju.tensor.backend.Kernel#scratch])
/// included. A tensor over a mapped file stays one and counts nothing. Values cannot be read. For use by one thread.
public final class Planning {
  private final PlanningBackend backend;
  private final Device device;

  private Planning(PlanningBackend backend) {
    this.backend = backend;
    this.device = Device.of(backend);
  }

  /// A device that stands for `real`, with nothing counted yet.
  ///
  /// @throws IllegalArgumentException if `real` does not compute in host memory
  public static Planning of(Device real) {
    if (real.backend() instanceof HostBackend host) return new Planning(new PlanningBackend(host));
    throw new IllegalArgumentException("plan: " + real + " does not compute in host memory; plan for another device");
  }

  /// The device to compute on.
  public Device device() { return device; }

  private BlockPool<Long> pool() { return backend.pool(); }

  /// Bytes of the buffers in use now.
  public long liveBytes() { return pool().liveBytes(); }

  /// The most bytes that were in use at one time since the last [#resetPeak].
  public long peakBytes() { return pool().peakBytes(); }

  /// Bytes of the buffers in use now that hold forms of other tensors; see [dev.raiju.tensor.backend.Buffer#keepForms].
  public long formBytes() { return backend.formBytes().get(); }

  /// Starts a new measurement of [#peakBytes].
  public void resetPeak() { pool().resetPeak(); }

  /// Bytes that a pool holds of the system's memory if it begins empty: more than the peak, since blocks are kept by size. What
  /// [dev.raiju.tensor.backend.Backend#releaseUnused] gives back there does not count on.
  public long heldBytes() { return pool().heldBytes(); }
}

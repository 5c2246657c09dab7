package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.backend.Recording;
import dev.raiju.tensor.op.Fused;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Primitive;
import dev.raiju.tensor.op.Update;
import dev.raiju.tensor.op.View;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// Tensors in the memory of one GPU. Kernels are launched and not waited for, until somebody reads.
public final class GpuBackend implements Backend {
  private final String name;
  private final Gpu gpu;
  private final PrimitiveKernels primitives;
  private final FusedKernels fused;

  /// @param name what users call it
  public GpuBackend(String name, Gpu gpu) {
    this.name = name;
    this.gpu = gpu;
    this.primitives = new PrimitiveKernels(gpu);
    this.fused = new FusedKernels(gpu);
  }

  @Override
  public String name() { return name; }

  @Override
  public String describe() { return gpu.describe(); }

  @Override
  public Buffer allocate(long bytes) { return gpu.allocate(bytes); }

  @Override
  public void write(Buffer target, long offset, MemorySegment source) {
    gpu.write(((DeviceBuffer) target).address() + offset, source);
  }

  @Override
  public void read(Buffer source, long offset, MemorySegment target) {
    gpu.read(((DeviceBuffer) source).address() + offset, target);
  }

  @Override
  public Buffer part(Buffer whole, long offset, long bytes) {
    return new DeviceBuffer(((DeviceBuffer) whole).address() + offset, bytes, () -> {});
  }

  @Override
  public Optional<Recording> record(Runnable work) { return gpu.record(work); }

  @Override
  public boolean narrowsAttention(List<Spec> in) { return gpu.hasMatrixUnits(); }

  @Override
  public void releaseUnused() { gpu.releaseUnused(); }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) {
    return switch (op) {
      case View _ -> Optional.empty();
      case Primitive primitive -> primitives.find(primitive, in);
      case Fused f -> fused.find(f, in);
      case Update update -> fused.find(update, in);
    };
  }
}

package dev.raiju.tensor.graph;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.graph.Graph.Use;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The tensors of a plan's steps: one buffer for each value, one tensor for each use.
final class Operands implements AutoCloseable {
  private final List<Buffer> buffers;
  private final List<Call> calls;

  /// A kernel with its tensors.
  record Call(Kernel kernel, List<Tensor> in, List<Tensor> out) {
    void run() {
      kernel.run(in, out);
      written();
    }

    /// Lets whoever remembers something about these results see that they are new.
    void written() {
      for (Tensor result : out) result.buffer().written();
    }

    /// What the kernel takes for itself.
    long scratchBytes() { return kernel.scratch(in, out).stream().mapToLong(Long::longValue).sum(); }
  }

  /// @param buffers of the values; one ownership of each goes over
  Operands(List<Plan.Step> steps, List<Buffer> buffers, Device device) {
    this.buffers = buffers;
    this.calls = steps.stream().map(step -> new Call(step.kernel(), tensors(step.in(), device), tensors(step.out(), device)))
        .toList();
  }

  /// Operands without memory: kernels can be asked about them, and not run.
  static Operands nowhere(List<Plan.Step> steps, Graph graph, Device device) {
    return new Operands(steps, graph.values().stream().map(value -> nowhere(value.bytes())).toList(), device);
  }

  private static Buffer nowhere(long bytes) { return HostBuffer.over(MemorySegment.NULL.reinterpret(bytes), () -> {}); }

  private List<Tensor> tensors(List<Use> uses, Device device) { return uses.stream().map(use -> tensor(use, device)).toList(); }

  /// A tensor for a use, which no scope closes.
  Tensor tensor(Use use, Device device) {
    Buffer buffer = buffers.get(use.value());
    buffer.retain();
    try (Tensor scoped = Tensor.over(use.dtype(), use.layout(), buffer, device)) {
      return scoped.alias();
    }
  }

  List<Call> calls() { return calls; }

  @Override
  public void close() {
    for (Call call : calls) {
      call.in().forEach(Tensor::close);
      call.out().forEach(Tensor::close);
    }
    buffers.forEach(Buffer::release);
  }
}

package dev.raiju.bench;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Window;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/// The reference backend, with products in f64 that use all cores: large cases would take hours by its scalar loops.
final class ExactBackend implements HostBackend {
  @Override
  public String name() { return "exact"; }

  @Override
  public String describe() { return "f64, products by vector loops, all else by the reference"; }

  @Override
  public Optional<Kernel> kernel(Op op, List<Spec> in) {
    boolean wide = in.stream().allMatch(spec -> spec.dtype() == DType.F64);
    return switch (op) {
      case MatMul _ when wide && sameBatch(in) -> Optional.of(ExactBackend::matmul);
      case Convolution(Window window) when wide && isDense(window) -> Optional.of((x, y) -> convolution(window, x, y));
      default -> Device.reference().backend().kernel(op, in);
    };
  }

  private static boolean sameBatch(List<Spec> in) {
    Spec a = in.get(0);
    Spec b = in.get(1);
    return a.rank() == b.rank() && a.shape().slice(0, a.rank() - 2).equals(b.shape().slice(0, b.rank() - 2));
  }

  /// Whether each output row is a sum of shifted input rows.
  private static boolean isDense(Window window) {
    return window.groups() == 1 && window.stride().stream().allMatch(s -> s == 1) && window.dilation().stream().allMatch(
        d -> d == 1);
  }

  private static void matmul(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    int rows = Math.toIntExact(y.size(-2));
    int columns = Math.toIntExact(y.size(-1));
    int depth = Math.toIntExact(in.get(0).size(-1));
    long matrices = y.shape().elements() / Math.max(1, (long) rows * columns);
    for (long i = 0; i < matrices; i++) {
      double[] a = read(in.get(0), i * rows * depth, rows * depth);
      double[] b = read(in.get(1), i * depth * columns, depth * columns);
      write(y, i * rows * columns, ExactProducts.multiply(a, b, rows, columns, depth));
    }
  }

  private static void convolution(Window window, List<Tensor> in, List<Tensor> out) {
    Tensor x = in.get(0);
    Tensor w = in.get(1);
    Tensor y = out.getFirst();
    Optional<double[]> bias = in.size() > 2 ? Optional.of(in.get(2).toDoubles()) : Optional.empty();
    write(y, 0, ExactProducts.convolve(x.toDoubles(), x.shape(), w.toDoubles(), w.shape(), bias, window, y.shape()));
  }

  private static double[] read(Tensor t, long first, int count) {
    return memory(t, first, count).toArray(ValueLayout.JAVA_DOUBLE);
  }

  private static void write(Tensor t, long first, double[] values) {
    MemorySegment.copy(values, 0, memory(t, first, values.length), ValueLayout.JAVA_DOUBLE, 0, values.length);
  }

  private static MemorySegment memory(Tensor t, long first, int count) {
    return HostMemory.ALL.asSlice(t.address() + first * Double.BYTES, (long) count * Double.BYTES);
  }
}

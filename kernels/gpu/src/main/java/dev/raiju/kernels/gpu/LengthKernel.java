package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// The squared lengths of tensors through a table: the sums of chunks, and then of those of each tensor, in a fixed order.
record LengthKernel(Gpu gpu) implements Kernel {
  // a number for each warp
  private static final int SHARED_BYTES = 32 * Float.BYTES;
  private static final int WARP = 32;

  @Override
  public boolean takes(int index, Layout layout) { return layout.isDense(); }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    List<List<Operand>> rows = in.stream().map(x -> List.of(Operand.of(x))).toList();
    try (TensorTable table = new TensorTable(gpu, rows)) {
      squaredLengths(gpu, table, in.getFirst().dtype().label(), Operand.of(out.getFirst()).address());
    }
  }

  /// @param table whose first operands are measured
  /// @param label of their type
  /// @param to f32, a number for each
  static void squaredLengths(Gpu gpu, TensorTable table, String label, long to) {
    try (DeviceBuffer sums = gpu.allocate(table.chunks() * Float.BYTES)) {
      gpu.launch(UpdateKernels.FILE, "squared_chunks_" + label, table.grid(gpu), SHARED_BYTES, arguments(table, sums, to));
      gpu.launch(UpdateKernels.FILE, "squared_lengths", new Grid(table.rows(), 1, 1, WARP), 0, arguments(table, sums, to));
    }
  }

  private static Arguments arguments(TensorTable table, DeviceBuffer sums, long to) {
    return table.arguments().whole(sums.address()).whole(to);
  }
}

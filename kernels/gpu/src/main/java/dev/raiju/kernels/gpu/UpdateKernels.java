package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Expr;
import java.util.List;
import java.util.stream.IntStream;

/// Updates in place, on contiguous tensors of one type: all of them by one launch where the device has tables, else one after
/// another.
final class UpdateKernels {
  static final String FILE = "updates";

  private UpdateKernels() {}

  /// The operands of each tensor, of which there are `width` in a row.
  private static List<List<Operand>> rows(List<Tensor> in, int tensors, int width) {
    List<Operand> all = in.stream().map(Operand::of).toList();
    return IntStream.range(0, tensors).mapToObj(i -> all.subList(i * width, (i + 1) * width)).toList();
  }

  private static Arguments factors(Arguments arguments, dev.raiju.tensor.op.AdamW op) {
    return arguments.real(op.beta1()).real(1 - op.beta1()).real(op.beta2()).real(1 - op.beta2()).real(op.eps()).real(op
        .weightDecay());
  }

  /// AdamW through a table, and the averages with it.
  record AdamWTable(Gpu gpu, dev.raiju.tensor.op.AdamW op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      try (TensorTable table = new TensorTable(gpu, rows(in, op.parameters(), op.width()))) {
        var arguments = factors(table.arguments().data(Operand.of(in.getLast())), op).whole(op.averaged() ? 1 : 0);
        gpu.launch(FILE, "adamw_table_" + in.getFirst().dtype().label(), table.grid(gpu), 0, arguments);
      }
    }
  }

  /// AdamW, a launch for each parameter and one for each average.
  record AdamW(Gpu gpu, dev.raiju.tensor.op.AdamW op) implements Kernel {
    private static final Expr MIX = Expr.in(0).mul(Expr.in(2)).add(Expr.in(1).mul(Expr.in(3)));

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand schedule = Operand.of(in.getLast());
      for (List<Operand> row : rows(in, op.parameters(), op.width())) {
        Operand p = row.getFirst();
        Arguments arguments = new Arguments().whole(p.elements());
        for (Operand operand : row.subList(0, 4)) arguments.data(operand);
        gpu.launch(FILE, "adamw_" + p.type().label(), p.elements(), factors(arguments.data(schedule), op));
        if (!op.averaged()) continue;
        FormulaKernel.run(gpu, MIX, List.of(row.get(4), p, number(schedule, 4), number(schedule, 5)), row.get(4));
      }
    }

    private static Operand number(Operand schedule, int place) {
      return schedule.under(Layout.of(Shape.scalar(), new long[0], place));
    }
  }

  /// Averages through a table.
  record MovingAverageTable(Gpu gpu, dev.raiju.tensor.op.MovingAverage op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      try (TensorTable table = new TensorTable(gpu, rows(in, op.tensors(), 2))) {
        gpu.launch(FILE, "moving_average_table_" + in.getFirst().dtype().label(), table.grid(gpu), 0, table.arguments().real(op
            .decay()).real(1 - op.decay()));
      }
    }
  }

  /// Averages, a launch for each.
  record MovingAverage(Gpu gpu, dev.raiju.tensor.op.MovingAverage op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      for (List<Operand> row : rows(in, op.tensors(), 2)) {
        Operand p = row.get(0);
        gpu.launch(FILE, "moving_average_" + p.type().label(), p.elements(), new Arguments().whole(p.elements()).data(p).wholes(0,
            0).data(row.get(1)).whole(0).real(op.decay()).real(1 - op.decay()).real(0).real(0).real(0).real(0));
      }
    }
  }
}

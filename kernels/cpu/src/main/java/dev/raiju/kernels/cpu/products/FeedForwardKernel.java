package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.FeedForward;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The feed-forward network, by row chunks: the hidden rows of a chunk exist in f32 and are forgotten, or stored before the
/// activation where they are outputs.
record FeedForwardKernel(Products products, FeedForward op) implements Kernel {
  // the hidden rows of a chunk take about this many floats, but there are enough rows to make packing the weights cheap
  private static final long HIDDEN_FLOATS = 1 << 20;
  private static final int LEAST_ROWS = 480;

  @Override
  public boolean takes(int index, Layout layout) {
    if (index == 0) return LinearKernel.rows(layout).isPresent();
    return layout.shape().rank() == 2 || layout.isContiguous();
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    // of an input without columns, hidden rows are the bias
    Tensor counted = y.shape().elements() == 0 ? out.getLast() : y;
    if (counted.shape().elements() == 0) return;
    Factor x = LinearKernel.left(in.getFirst(), op.compute());
    int rows = LinearKernel.rowCount(counted);
    int width = Math.toIntExact(in.get(1).size(0));
    int chunk = chunk(rows, width);
    try (Scratch scratch = new Scratch()) {
      Hidden room = Hidden.of(scratch, (long) chunk * width, op.gated());
      for (int row = 0; row < rows; row += chunk) {
        int count = Math.min(chunk, rows - row);
        Factor part = x.from(row * x.lineStride());
        if (op.gated()) gated(in, out, part, room, row, count);
        else
          plain(in, out, part, room.values(), row, count);
        if (y.shape().elements() > 0) second(in, room.values(), y, row, count, width);
      }
    }
  }

  /// How many rows are computed at once.
  private static int chunk(int rows, int width) {
    int most = Math.clamp(HIDDEN_FLOATS / Math.max(1, width), LEAST_ROWS, Math.max(LEAST_ROWS, rows));
    int chunks = (rows + most - 1) / most;
    return (rows + chunks - 1) / chunks;
  }

  /// Room for the hidden rows of a chunk, and for their gates if there are any.
  private record Hidden(long values, long gate) {
    static Hidden of(Pieces pieces, long floats, boolean gated) {
      return new Hidden(pieces.take(floats), gated ? pieces.take(floats) : 0);
    }
  }

  @Override
  public List<Long> scratch(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    if (y.shape().elements() == 0) return List.of();
    int width = Math.toIntExact(in.get(1).size(0));
    int chunk = chunk(LinearKernel.rowCount(y), width);
    Needs first = products.needs(up(in, 1, chunk), in.get(1));
    if (op.gated()) first = first.or(products.needs(up(in, 2, chunk), in.get(2)));
    Needs second = products.needs(down(in, y, chunk), in.get(3));
    if (!op.gated()) {
      first = first.with(Row.needs(Optional.of(in.get(2))));
      second = second.with(Row.needs(Optional.of(in.get(4))));
    }
    return Needs.of(pieces -> Hidden.of(pieces, (long) chunk * width, op.gated())).with(first.or(second)).blocks();
  }

  @Override
  public List<Form> forms(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    if (y.shape().elements() == 0) return List.of();
    List<Form> forms = new ArrayList<>(products.forms(up(in, 1, 1), 1, in.get(1)));
    if (op.gated()) forms.addAll(products.forms(up(in, 2, 1), 2, in.get(2)));
    forms.addAll(products.forms(down(in, y, 1), 3, in.get(3)));
    return forms;
  }

  /// A first product with the weight `index` and so many rows, which lies nowhere.
  private Product up(List<Tensor> in, int index, int rows) {
    Tensor x = in.getFirst();
    Tensor w = in.get(index);
    return Product.sized(Factor.sized(x.dtype(), op.compute()), Factor.sized(w.dtype(), op.compute()), DType.F32, rows, w.size(0),
        x.size(-1));
  }

  /// The second product of so many rows, which lies nowhere.
  private Product down(List<Tensor> in, Tensor y, int rows) {
    return Product.sized(Factor.sized(DType.F32, op.compute()), Factor.sized(in.get(3).dtype(), op.compute()), y.dtype(), rows, y
        .size(-1), in.get(1).size(0));
  }

  private void plain(List<Tensor> in, List<Tensor> out, Factor x, long hidden, int row, int rows) {
    try (Row bias = Row.of(products.micro(), Optional.of(in.get(2)))) {
      first(in, x, in.get(1), hidden, rows, Finish.bias(bias.address()).then(kept(out, 1, row)).then(Finish.gelu()));
    }
  }

  private void gated(List<Tensor> in, List<Tensor> out, Factor x, Hidden room, int row, int rows) {
    first(in, x, in.get(1), room.gate(), rows, kept(out, 1, row));
    Finish finish = Finish.gate(room.gate(), 4 * in.get(1).size(0));
    first(in, x, in.get(2), room.values(), rows, kept(out, 2, row).then(finish));
  }

  /// Stores hidden rows from `row` on, if they are an output.
  private static Finish kept(List<Tensor> out, int index, int row) {
    if (out.size() <= index) return Finish.NONE;
    Tensor t = out.get(index);
    int width = Math.toIntExact(t.size(-1));
    return Finish.keep(t.address() + (long) t.dtype().unitBytes() * row * width, t.dtype(), width);
  }

  private void first(List<Tensor> in, Factor x, Tensor w, long to, int rows, Finish finish) {
    int width = Math.toIntExact(w.size(0));
    int depth = Math.toIntExact(in.getFirst().size(-1));
    products.run(new Product(x, LinearKernel.weight(w, op.compute()), to, DType.F32, rows, width, depth, finish),
        w);
  }

  private void second(List<Tensor> in, long hidden, Tensor y, int row, int rows, int width) {
    int columns = Math.toIntExact(y.size(-1));
    Factor left = Factor.of(hidden, DType.F32, width, 1).rounded(op.compute());
    long to = y.address() + (long) y.dtype().unitBytes() * row * columns;
    try (Row bias = Row.of(products.micro(), op.gated() ? Optional.empty() : Optional.of(in.get(4)))) {
      products.run(new Product(left, LinearKernel.weight(in.get(3), op.compute()), to, y.dtype(), rows, columns, width, Finish
          .bias(bias.address())), in.get(3));
    }
  }
}

package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;
import java.util.Optional;

/// `x · wᵀ + b` computed in 8 bits: the rows of `x` become codes with a step each, those of a group are multiplied with the codes
/// of the weight in whole numbers, and only the sums of groups are f32.
record ByteLinearKernel(Products products) implements Kernel {
  // rows that a thread takes at a time
  private static final int ROWS = 32;

  @Override
  public boolean takes(int index, Layout layout) {
    return switch (index) {
      case 0 -> LinearKernel.rows(layout).filter(rows -> rows.shape().size(1) < 2 || rows.stride(1) == 1).isPresent();
      case 1 -> true;
      default -> layout.isContiguous();
    };
  }

  /// What lives as long as the product.
  ///
  /// @param lines codes of the rows
  /// @param steps one for each row
  private record Room(long lines, long steps) {
    static Room of(Pieces pieces, long rows, int words) { return new Room(pieces.take(rows * words), pieces.take(rows)); }
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    if (y.shape().elements() == 0) return;
    MicroKernels micro = products.micro();
    Tensor x = in.getFirst();
    ByteLines lines = new ByteLines(in.get(1).dtype().unit());
    int rows = LinearKernel.rowCount(y);
    int words = lines.words(x.size(-1));
    try (Scratch scratch = new Scratch(); Row bias = Row.of(micro, bias(in))) {
      Room room = Room.of(scratch, rows, words);
      Factor values = LinearKernel.left(x, DType.F32);
      products.workers().run((rows + ROWS - 1) / ROWS, chunk -> {
        int first = chunk * ROWS;
        quantize(values, first, Math.min(rows, first + ROWS), Math.toIntExact(x.size(-1)), lines, words, room);
      });
      Factor left = Factor.of(room.lines(), DType.F32, words, 1);
      Finish finish = Finish.steps(room.steps()).then(Finish.bias(bias.address()));
      products.run(new Product(left, LinearKernel.weight(in.get(1), DType.I8), y.address(), y.dtype(), rows, Math.toIntExact(y
          .size(-1)), words, finish), in.get(1));
    }
  }

  private void quantize(Factor x, int first, int end, int width, ByteLines lines, int words, Room room) {
    MicroKernels micro = products.micro();
    try (Scratch scratch = new Scratch()) {
      long wide = x.type() == DType.F32 ? 0 : scratch.take(width);
      for (int r = first; r < end; r++) {
        if (wide != 0) micro.widen(x.type(), x.at(r, 0), wide, width);
        float step = micro.quantize(wide != 0 ? wide : x.at(r, 0), width, lines.group(), room.lines() + 4L * words * r);
        Cells.setFloat(room.steps() + 4L * r, step);
      }
    }
  }

  private static Optional<Tensor> bias(List<Tensor> in) { return in.size() > 2 ? Optional.of(in.get(2)) : Optional.empty(); }

  @Override
  public List<Long> scratch(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    if (y.shape().elements() == 0) return List.of();
    Tensor x = in.getFirst();
    int rows = LinearKernel.rowCount(y);
    Product product = sized(in, y);
    Needs chunk = x.dtype() == DType.F32 ? Needs.NONE : Needs.of(pieces -> pieces.take(x.size(-1)));
    Needs quantizing = products.atOnce((rows + ROWS - 1) / ROWS, chunk);
    Needs all = Needs.of(pieces -> Room.of(pieces, rows, product.depth())).with(Row.needs(bias(in)));
    return all.with(quantizing.or(products.needs(product, in.get(1)))).blocks();
  }

  @Override
  public List<Form> forms(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    return y.shape().elements() == 0 ? List.of() : products.forms(sized(in, y), 1, in.get(1));
  }

  /// The product, which lies nowhere; its depth is in words.
  private static Product sized(List<Tensor> in, Tensor y) {
    DType weight = in.get(1).dtype();
    int words = new ByteLines(weight.unit()).words(in.getFirst().size(-1));
    return Product.sized(Factor.sized(DType.F32, DType.F32), Factor.sized(weight, DType.I8), y.dtype(), LinearKernel.rowCount(y),
        y.size(-1), words);
  }
}

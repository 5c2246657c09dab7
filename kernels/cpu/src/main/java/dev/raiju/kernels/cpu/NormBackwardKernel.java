package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import java.util.List;

/// All gradients of a norm in one pass over its rows: each row is in the first-level cache for all it gives.
///
/// Rows that share a weight follow each other. They are cut into parts by their number alone; a part sums its rows in order, then
/// the parts are joined in order.
record NormBackwardKernel(Processor cpu, boolean centred) implements Kernel {
  /// Rows of a part at least: the sums of a part are a row too, and are written and read once.
  private static final long LEAST_ROWS = 32;

  /// Whether the rows of `x` that share a row of the weight follow each other.
  static boolean takes(List<Spec> in) {
    Shape x = in.getFirst().shape();
    Shape w = in.get(in.size() - 2).shape();
    if (w.rank() == 0 || w.size(-1) != x.size(-1)) return false;
    boolean shared = false;
    for (int axis = -x.rank(); axis < -1; axis++) {
      if (x.size(axis) == 1) continue;
      boolean own = -axis <= w.rank() && w.size(axis) == x.size(axis);
      if (own && shared) return false;
      shared |= !own;
    }
    return true;
  }

  @Override
  public boolean takes(int index, Layout layout) {
    boolean isStatistic = index == 1 || centred && index == 2;
    return Rows.fit(layout) && (!isStatistic || layout.isContiguous());
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor dx = out.getFirst();
    int n = Math.toIntExact(dx.size(-1));
    long rows = dx.shape().elements() / n;
    long groups = out.get(1).shape().elements() / n;
    long rowsPerGroup = groups == 0 ? 0 : rows / groups;
    if (rowsPerGroup == 0) {
      for (Tensor sums : out.subList(1, out.size())) Cells.clear(sums.address(), sums.spec().bytes());
      return;
    }
    // with as many parts as a part has rows, rounding errors grow with the root of their number
    long part = Math.max(LEAST_ROWS, (long) Math.ceil(Math.sqrt(rowsPerGroup)));
    long parts = (rowsPerGroup + part - 1) / part;
    int sums = out.size() - 1;
    HostBuffer joined = HostMemory.allocate(4 * groups * parts * sums * n);
    try {
      cpu.split(groups * parts, part * n, (begin, end) -> {
        Pass pass = new Pass(in, dx, n);
        for (long i = begin; i < end; i++) {
          long first = i / parts * rowsPerGroup + i % parts * part;
          long last = Math.min((i / parts + 1) * rowsPerGroup, first + part);
          pass.run(first, last, joined.address() + 4 * i * sums * n, sums);
        }
      });
      cpu.split(groups, parts * n, (begin, end) -> {
        for (long group = begin; group < end; group++) {
          for (int k = 0; k < sums; k++)
            join(joined.address() + 4 * (group * parts * sums + k) * n, parts, 4L * sums * n, out.get(
                1 + k), group, n);
        }
      });
    } finally {
      joined.release();
    }
  }

  /// Sums the parts of a group into a row of an output.
  private void join(long first, long parts, long bytes, Tensor out, long group, int n) {
    for (long part = 1; part < parts; part++) cpu.loops().binary(BinaryFunction.ADD, first, first + part * bytes, first, n);
    long to = out.address() + group * n * out.dtype().unitBytes();
    if (out.dtype() == DType.F32) Cells.copy(first, to, 4L * n);
    else
      cpu.loops().narrow(out.dtype(), first, to, n);
  }

  /// The work of one thread on some rows.
  private final class Pass {
    private final Loops loops = cpu.loops();
    private final Rows x;
    private final Rows w;
    private final Rows dy;
    private final Rows dx;
    private final long means;
    private final long inverses;
    private final int n;
    private final long spare;
    private final long bytes;

    Pass(List<Tensor> in, Tensor out, int n) {
      this.x = Rows.of(in.getFirst());
      this.w = Rows.of(in.get(in.size() - 2), out.shape());
      this.dy = Rows.of(in.getLast());
      this.dx = Rows.of(out);
      this.means = centred ? in.get(1).address() : 0;
      this.inverses = in.get(in.size() - 3).address();
      this.n = n;
      this.bytes = x.spare();
      this.spare = Scratch.address(4 * bytes);
    }

    /// Computes rows `first` to `last`, which share a weight, and sums what they give to it.
    private void run(long first, long last, long sums, int count) {
      Cells.clear(sums, 4L * count * n);
      long weight = w.read(loops, first, spare + 3 * bytes);
      for (long row = first; row < last; row++) {
        long from = x.read(loops, row, spare);
        long gradient = dy.read(loops, row, spare + bytes);
        long g = spare + 2 * bytes;
        float mean = centred ? Cells.getFloat(means + 4 * row) : 0;
        float inverse = Cells.getFloat(inverses + 4 * row);
        loops.binary(BinaryFunction.MULTIPLY, gradient, weight, g, n);
        float meanG = centred ? (float) (loops.sum(g, n) / (double) n) : 0;
        float meanGm = (float) (loops.dot(g, from, mean, n) * (double) inverse / n);
        loops.normalizeBackward(from, mean, inverse, g, meanG, meanGm, dx.target(row, g), n);
        dx.written(loops, row, g);
        loops.normalize(from, mean, inverse, gradient, g, n);
        loops.binary(BinaryFunction.ADD, sums, g, sums, n);
        if (count > 1) loops.binary(BinaryFunction.ADD, sums + 4L * n, gradient, sums + 4L * n, n);
      }
    }
  }
}

package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr.BinaryFunction;
import dev.raiju.tensor.op.Reduce;

/// Sums and extremes of floats.
record FloatJoining(Processor cpu, Reduce.Kind kind) implements Joining {
  /// Elements of a row that are summed in one go, 128 in each lane: rounding errors grow with that number.
  private static final long ROW = 1 << 11;
  /// Elements of a column that are added one after the other.
  private static final long COLUMN = 128;
  /// Columns that are walked together: all in a first-level cache, and enough to be worth a loop.
  private static final int MOST_COLUMNS = 2048;
  private static final int LEAST_COLUMNS = 128;

  @Override
  public DType type() { return DType.F32; }

  @Override
  public long parts(long size, long inner) {
    long most = inner == 1 ? ROW : COLUMN * bundle(size, inner);
    return (size + most - 1) / most;
  }

  /// How many rows of a narrow matrix are taken as one.
  private static long bundle(long size, long inner) { return Math.min(size, Math.max(1, LEAST_COLUMNS / inner)); }

  @Override
  public void join(DType type, long from, long outer, long size, long inner, long to) {
    if (inner == 1) rows(type, from, outer, size, to);
    else
      columns(type, from, outer, size, inner, to);
  }

  private void rows(DType type, long from, long outer, long size, long to) {
    long parts = parts(size, 1);
    cpu.split(outer * parts, Math.min(size, ROW), (begin, end) -> {
      Loops loops = cpu.loops();
      long spare = Scratch.address(4 * ROW);
      for (long i = begin; i < end; i++) {
        long first = i % parts * ROW;
        int n = (int) Math.min(ROW, size - first);
        long x = f32(loops, type, from + (i / parts * size + first) * type.unitBytes(), spare, n);
        Cells.setFloat(to + 4 * i, switch (kind) {
          case SUM -> loops.sum(x, n);
          case MAX -> loops.max(x, n);
          case MIN -> loops.min(x, n);
        });
      }
    });
  }

  /// Elements as f32: where they are, or widened into `spare`.
  private static long f32(Loops loops, DType type, long x, long spare, int n) {
    if (type == DType.F32) return x;
    loops.widen(type, x, spare, n);
    return spare;
  }

  private void columns(DType type, long from, long outer, long size, long inner, long to) {
    long bundle = bundle(size, inner);
    long parts = parts(size, inner);
    long height = COLUMN * bundle;
    long cuts = (inner + MOST_COLUMNS - 1) / MOST_COLUMNS;
    cpu.split(outer * parts * cuts, Math.min(size, height) * Math.min(inner, MOST_COLUMNS), (begin, end) -> {
      for (long i = begin; i < end; i++) {
        long column = i % cuts * MOST_COLUMNS;
        long part = i / cuts % parts;
        long o = i / cuts / parts;
        int width = (int) Math.min(MOST_COLUMNS, inner - column);
        long rows = Math.min(height, size - part * height);
        long x = from + ((o * size + part * height) * inner + column) * type.unitBytes();
        column(type, x, inner, rows, (int) bundle, width, to + 4 * ((o * parts + part) * inner + column));
      }
    });
  }

  /// Joins `rows` rows of `width` elements, each `pitch` elements after the one before, a bundle of rows at a time. There are
  /// several rows in a bundle only if the rows lie without gaps.
  private void column(DType type, long from, long pitch, long rows, int bundle, int width, long to) {
    Loops loops = cpu.loops();
    int most = bundle * width;
    long spare = Scratch.address(8L * most);
    long sums = spare + 4L * most;
    long first = Math.min(rows, bundle);
    Cells.copy(f32(loops, type, from, spare, (int) first * width), sums, 4 * first * width);
    for (long r = first; r < rows; r += bundle) {
      int n = (int) Math.min(bundle, rows - r) * width;
      long x = f32(loops, type, from + r * pitch * type.unitBytes(), spare, n);
      loops.binary(function(), sums, x, sums, n);
    }
    for (int k = 1; k < first; k++) loops.binary(function(), sums, sums + 4L * k * width, sums, width);
    Cells.copy(sums, to, 4L * width);
  }

  private BinaryFunction function() {
    return switch (kind) {
      case SUM -> BinaryFunction.ADD;
      case MAX -> BinaryFunction.MAX;
      case MIN -> BinaryFunction.MIN;
    };
  }

  @Override
  public void store(DType type, long from, long n, DType result, long to) {
    int bytes = result.unitBytes();
    cpu.split(n, 1, (begin, end) -> {
      if (type == result) Cells.copy(from + begin * bytes, to + begin * bytes, (end - begin) * bytes);
      else
        cpu.loops().narrow(result, from + 4 * begin, to + begin * bytes, (int) (end - begin));
    });
  }
}

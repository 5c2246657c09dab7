package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Norms over the last axis, row by row. Statistics are f32; the deviation is taken around the mean, in a second pass over a row
/// that is in the cache by then.
final class NormKernels {
  private NormKernels() {}

  /// What a row is normalised with: `(x - mean) · inverse`.
  private record Statistics(float mean, float inverse) {
    static Statistics ofLayer(Loops loops, long x, int n, float eps) {
      float mean = (float) (loops.sum(x, n) / (double) n);
      return new Statistics(mean, inverse(loops.squares(x, mean, n), n, eps));
    }

    static Statistics ofRootMeanSquare(Loops loops, long x, int n, float eps) {
      return new Statistics(0, inverse(loops.squares(x, 0, n), n, eps));
    }

    private static float inverse(float squares, int n, float eps) { return (float) (1 / Math.sqrt(squares / (double) n + eps)); }
  }

  /// `y = (x - mean) · inverse · w + b`, weight and bias together or not at all.
  record LayerNorm(Processor cpu, float eps) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return index == 0 ? Rows.fit(layout) : layout.isContiguous(); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Rows x = Rows.of(in.get(0));
      Rows y = Rows.of(out.get(0));
      int n = x.width();
      cpu.split(x.count(), n, (begin, end) -> {
        Loops loops = cpu.loops();
        long spare = Scratch.address(3 * x.spare());
        long w = in.size() > 1 ? Rows.of(in.get(1)).read(loops, 0, spare + x.spare()) : 0;
        long b = in.size() > 1 ? Rows.of(in.get(2)).read(loops, 0, spare + 2 * x.spare()) : 0;
        for (long row = begin; row < end; row++) {
          long from = x.read(loops, row, spare);
          Statistics s = Statistics.ofLayer(loops, from, n, eps);
          long to = y.target(row, spare);
          if (in.size() > 1) loops.normalize(from, s.mean(), s.inverse(), w, b, to, n);
          else
            loops.affine(from, s.mean(), s.inverse(), 0, to, n);
          y.written(loops, row, spare);
          keep(s, out, row);
        }
      });
    }
  }

  /// Stores mean and inverse deviation where they are outputs.
  private static void keep(Statistics s, List<Tensor> out, long row) {
    if (out.size() < 3) return;
    Cells.setFloat(out.get(1).address() + 4 * row, s.mean());
    Cells.setFloat(out.get(2).address() + 4 * row, s.inverse());
  }

  /// `y = (x - mean) · inverse · (1 + scale) + shift`; shift and scale are rows of their own, usually one for each sample.
  record ModulatedLayerNorm(Processor cpu, float eps) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return Rows.fit(layout); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Rows x = Rows.of(in.get(0));
      Rows shift = Rows.of(in.get(1), in.get(0).shape());
      Rows scale = Rows.of(in.get(2), in.get(0).shape());
      Rows y = Rows.of(out.get(0));
      int n = x.width();
      cpu.split(x.count(), n, (begin, end) -> {
        Loops loops = cpu.loops();
        long spare = Scratch.address(3 * x.spare());
        long factor = spare + x.spare();
        long bias = 0;
        long known = 0;
        for (long row = begin; row < end; row++) {
          if (row == begin || scale.address(row) != known || shift.address(row) != shift.address(row - 1)) {
            known = scale.address(row);
            loops.affine(scale.read(loops, row, factor), 0, 1, 1, factor, n);
            bias = shift.read(loops, row, spare + 2 * x.spare());
          }
          long from = x.read(loops, row, spare);
          Statistics s = Statistics.ofLayer(loops, from, n, eps);
          loops.normalize(from, s.mean(), s.inverse(), factor, bias, y.target(row, spare), n);
          y.written(loops, row, spare);
          keep(s, out, row);
        }
      });
    }
  }

  /// `y = x · inverse · w`.
  record RmsNorm(Processor cpu, float eps) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return index == 0 ? Rows.fit(layout) : layout.isContiguous(); }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Rows x = Rows.of(in.get(0));
      Rows y = Rows.of(out.get(0));
      int n = x.width();
      cpu.split(x.count(), n, (begin, end) -> {
        Loops loops = cpu.loops();
        long spare = Scratch.address(2 * x.spare());
        long w = Rows.of(in.get(1)).read(loops, 0, spare + x.spare());
        for (long row = begin; row < end; row++) {
          long from = x.read(loops, row, spare);
          Statistics s = Statistics.ofRootMeanSquare(loops, from, n, eps);
          loops.normalize(from, 0, s.inverse(), w, y.target(row, spare), n);
          y.written(loops, row, spare);
          if (out.size() > 1) Cells.setFloat(out.get(1).address() + 4 * row, s.inverse());
        }
      });
    }
  }

  /// `dx = inverse · (g - mean(g) - m · mean(g · m))` with `m = (x - mean) · inverse`. Of a root mean square norm, the mean of `x`
  /// counts as 0 and the mean of `g` is left out.
  record Backward(Processor cpu, boolean isLayer) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) {
      return Rows.fit(layout) && (!isStatistics(index) || layout.isContiguous());
    }

    private boolean isStatistics(int index) { return index == 1 || isLayer && index == 2; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Rows x = Rows.of(in.get(0));
      Rows g = Rows.of(in.getLast());
      Rows dx = Rows.of(out.get(0));
      int n = x.width();
      long means = in.get(1).address();
      long inverses = in.get(isLayer ? 2 : 1).address();
      cpu.split(x.count(), n, (begin, end) -> {
        Loops loops = cpu.loops();
        long spare = Scratch.address(2 * x.spare());
        for (long row = begin; row < end; row++) {
          long from = x.read(loops, row, spare);
          long gradient = g.read(loops, row, spare + x.spare());
          float mean = isLayer ? Cells.getFloat(means + 4 * row) : 0;
          float inverse = Cells.getFloat(inverses + 4 * row);
          float meanG = isLayer ? (float) (loops.sum(gradient, n) / (double) n) : 0;
          float meanGm = (float) (loops.dot(gradient, from, mean, n) * (double) inverse / n);
          loops.normalizeBackward(from, mean, inverse, gradient, meanG, meanGm, dx.target(row, spare), n);
          dx.written(loops, row, spare);
        }
      });
    }
  }
}

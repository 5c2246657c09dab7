package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// `(a, b) → (a cos - b sin, a sin + b cos)` for neighbours; x: `[B, N, h, d]`, tables `[N, d/2]` or `[B, N, d/2]`, f32. The table
/// rows of a token are spread out once for all its heads.
record RopeKernel(Processor cpu) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) { return Rows.fit(layout); }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor t = in.get(0);
    Rows x = Rows.of(t);
    Rows y = Rows.of(out.get(0));
    int d = x.width();
    long heads = t.size(2);
    var tokens = t.shape().slice(0, 2).append(d / 2);
    Rows cos = Rows.of(in.get(1), tokens);
    Rows sin = Rows.of(in.get(2), tokens);
    cpu.split(cos.count(), heads * d, (begin, end) -> {
      Loops loops = cpu.loops();
      long spare = Scratch.address(3 * x.spare());
      long c = spare + x.spare();
      long s = c + x.spare();
      for (long token = begin; token < end; token++) {
        spread(cos.address(token), sin.address(token), c, s, d / 2);
        for (long row = token * heads; row < (token + 1) * heads; row++) {
          loops.rotate(x.read(loops, row, spare), c, s, y.target(row, spare), d);
          y.written(loops, row, spare);
        }
      }
    });
  }

  /// Each cosine twice; each sine twice, first with a minus.
  private static void spread(long cos, long sin, long c, long s, int pairs) {
    for (int i = 0; i < pairs; i++) {
      float cosine = Cells.getFloat(cos + 4L * i);
      float sine = Cells.getFloat(sin + 4L * i);
      Cells.setFloat(c + 8L * i, cosine);
      Cells.setFloat(c + 8L * i + 4, cosine);
      Cells.setFloat(s + 8L * i, -sine);
      Cells.setFloat(s + 8L * i + 4, sine);
    }
  }
}

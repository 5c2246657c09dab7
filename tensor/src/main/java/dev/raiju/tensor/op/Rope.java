package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Rotary position embedding on interleaved pairs: `(a, b) → (a cos - b sin, a sin + b cos)` for neighbours `(2j, 2j + 1)`. Su et
/// al. 2021, arXiv:2104.09864.
///
/// Cosines and sines come as tables, so that 1, 2 and 3 axes, and tokens that are not rotated, are one op.
public record Rope() implements Fused, Differentiable {
  /// @param x `[B, N, h, d]`, any float type, d even
  /// @param cos `[N, d / 2]` or `[B, N, d / 2]`, f32 (f64 for f64)
  /// @param sin shape of `cos`
  public static Tensor rope(Tensor x, Tensor cos, Tensor sin) { return Trace.apply(new Rope(), x, cos, sin); }

  /// Cosine and sine tables `[Π grid, Σ pairs]` for tokens on a row-major grid. Axis `i` of the grid owns the next `pairs[i]`
  /// pairs and turns pair `j` of them by `position · theta^(-j / pairs[i])`. Computed in f64.
  ///
  /// @return cosines, then sines, in the given type
  public static List<Tensor> tables(long[] grid, int[] pairs, double theta, DType dtype, Device device) {
    if (grid.length != pairs.length)
      throw new ShapeException("rope: grid %s, pairs %s: needs as many axes in both", Arrays.toString(grid), Arrays.toString(
          pairs));
    int tokens = Math.toIntExact(Shape.of(grid).elements());
    int width = IntStream.of(pairs).sum();
    Spec spec = Spec.of(dtype, tokens, width);
    MemorySegment cos = MemorySegment.ofArray(new byte[Math.toIntExact(spec.bytes())]);
    MemorySegment sin = MemorySegment.ofArray(new byte[Math.toIntExact(spec.bytes())]);
    long inner = tokens;
    int column = 0;
    for (int axis = 0; axis < grid.length; axis++) {
      inner /= Math.max(1, grid[axis]);
      for (int j = 0; j < pairs[axis]; j++, column++) {
        double frequency = StrictMath.pow(theta, -(double) j / pairs[axis]);
        for (long position = 0; position < grid[axis]; position++) {
          double c = StrictMath.cos(position * frequency);
          double s = StrictMath.sin(position * frequency);
          // the tokens at this position: runs of `inner`, one for each position on the axes before
          for (long run = position * inner; run < tokens; run += grid[axis] * inner) {
            for (long token = run; token < run + inner; token++) {
              Elements.setDouble(dtype, cos, token * width + column, c);
              Elements.setDouble(dtype, sin, token * width + column, s);
            }
          }
        }
      }
    }
    return List.of(Tensor.of(spec, cos, device), Tensor.of(spec, sin, device));
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.get(0).requireFloat("rope").requireRank("rope", 4);
    Spec cos = in.get(1).requireType("rope", "the cosines", x.wide());
    in.get(2).requireSameType("rope", cos).requireShape("rope", "the sines", cos.shape());
    if (x.size(-1) % 2 != 0) throw new ShapeException("rope: %s: the head width must be even", x);
    boolean batched = cos.rank() == 3 && cos.size(0) == x.size(0);
    if (cos.rank() != 2 && !batched || cos.size(-2) != x.size(1) || cos.size(-1) * 2 != x.size(3)) {
      throw new ShapeException("rope: %s does not fit tables %s; needs [%d, %d]", x, cos.shape(), x.size(1), x.size(3) / 2);
    }
    return List.of(x);
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(3 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.get(0);
    Tensor cos = in.get(1).unsqueeze(-2);
    Tensor sin = in.get(2).unsqueeze(-2);
    Tensor wide = x.to(cos.dtype());
    Tensor even = wide.slice(-1, 0, x.size(-1) / 2, 2);
    Tensor odd = wide.slice(-1, 1, x.size(-1) / 2, 2);
    Tensor first = Elementwise.elementwise("rope_even", Expr.in(0).mul(Expr.in(2)).sub(Expr.in(1).mul(Expr.in(3))), even, odd,
        cos, sin);
    Tensor second = Elementwise.elementwise("rope_odd", Expr.in(0).mul(Expr.in(3)).add(Expr.in(1).mul(Expr.in(2))), even, odd,
        cos, sin);
    return List.of(Tensor.stack(4, List.of(first, second)).reshape(x.shape()).to(x.dtype()));
  }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return in.subList(1, 3); }

  /// The gradient is turned back by the same angle. The tables are constants.
  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> rope(pullback.cotangent(0), pullback.saved(0), pullback.saved(1).neg()));
  }
}

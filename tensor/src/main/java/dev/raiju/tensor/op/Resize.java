package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Other sizes for the spatial axes: compositions of views, gathers and products.
public final class Resize {
  private Resize() {}

  /// Each element repeated `factor` times along an axis.
  public static Tensor repeat(Tensor x, int axis, long factor) {
    int at = x.shape().axis(axis);
    Shape spread = x.shape().insert(at + 1, factor);
    return x.unsqueeze(at + 1).broadcast(spread).reshape(x.shape().with(at, x.size(at) * factor));
  }

  /// The last two axes enlarged by a whole factor, each pixel repeated.
  public static Tensor nearest(Tensor x, long factor) { return repeat(repeat(x, -1, factor), -2, factor); }

  /// The last two axes resized by linear interpolation between pixel centres; edges are repeated. Shrinking does not average.
  ///
  /// @param x `[…, H, W]`, a float type
  public static Tensor bilinear(Tensor x, long height, long width) { return linear(linear(x, -2, height), -1, width); }

  private static Tensor linear(Tensor x, int axis, long size) {
    long have = x.size(axis);
    if (have == 0 || size < 0)
      throw new ShapeException("resize: axis %d of %s to %d: needs an element, and a size of 0 or more", axis, x.shape(), size);
    long[] left = new long[Math.toIntExact(size)];
    long[] right = new long[left.length];
    float[] weight = new float[left.length];
    for (int i = 0; i < left.length; i++) {
      double place = Math.min(Math.max((i + 0.5) * have / size - 0.5, 0), have - 1.0);
      left[i] = (long) place;
      right[i] = Math.min(left[i] + 1, have - 1);
      weight[i] = (float) (place - left[i]);
    }
    int at = x.shape().axis(axis);
    long[] along = new long[x.rank()];
    Arrays.fill(along, 1);
    along[at] = size;
    Tensor share = Tensor.of(Spec.of(DType.F32, along), MemorySegment.ofArray(weight), x.device()).to(x.dtype());
    Tensor a = Gather.gather(x, at, Tensor.of(left, size).to(x.device()));
    Tensor b = Gather.gather(x, at, Tensor.of(right, size).to(x.device()));
    return Elementwise.elementwise("mix", Expr.in(0).add(Expr.in(2).mul(Expr.in(1).sub(Expr.in(0)))), a, b, share);
  }

  /// `[N, C · r², H, W]` to `[N, C, H · r, W · r]`: channel `c · r² + i · r + j` goes to row `i`, column `j` of each cell.
  public static Tensor pixelShuffle(Tensor x, int r) {
    long[] s = x.shape().sizes();
    if (s.length != 4 || r < 1 || s[1] % ((long) r * r) != 0)
      throw new ShapeException("pixel_shuffle: %s: channels must be a multiple of %d²", x.shape(), r);
    Tensor cells = x.reshape(s[0], s[1] / r / r, r, r, s[2], s[3]).permute(0, 1, 4, 2, 5, 3);
    return cells.reshape(s[0], s[1] / r / r, s[2] * r, s[3] * r);
  }

  /// The inverse of [#pixelShuffle].
  public static Tensor pixelUnshuffle(Tensor x, int r) {
    long[] s = x.shape().sizes();
    if (s.length != 4 || r < 1 || s[2] % r != 0 || s[3] % r != 0)
      throw new ShapeException("pixel_unshuffle: %s: height and width must be multiples of %d", x.shape(), r);
    Tensor cells = x.reshape(s[0], s[1], s[2] / r, r, s[3] / r, r).permute(0, 1, 3, 5, 2, 4);
    return cells.reshape(s[0], s[1] * r * r, s[2] / r, s[3] / r);
  }

  /// The mean over windows of the last two axes.
  public static Tensor averagePool(Tensor x, long size, long step) { return pooled(x, size, step).mean(-2, -1); }

  /// The maximum over windows of the last two axes.
  public static Tensor maxPool(Tensor x, long size, long step) { return pooled(x, size, step).max(-2, -1); }

  private static Tensor pooled(Tensor x, long size, long step) {
    int rank = x.rank();
    if (rank < 2) throw new ShapeException("pool: needs two axes or more, got %s", x.spec());
    return Windows.windows(Windows.windows(x, rank - 2, size, step), rank - 1, size, step);
  }
}

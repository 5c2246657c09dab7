package dev.raiju.tensor.op;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Joins all elements along some axes. Sums of narrow floats run in f32 and are rounded once; sums of integers keep the low
/// bits.
///
/// The sum of nothing is 0; the maximum of nothing is refused. A NaN makes the result NaN.
///
/// @param kind what joins them
/// @param axes counted from the front, ascending
/// @param keepAxes whether the axes stay, with size 1
public record Reduce(Kind kind, List<Integer> axes, boolean keepAxes) implements Primitive, Differentiable {
  public enum Kind { SUM, MAX, MIN }

  public Reduce {
    axes = List.copyOf(axes);
  }

  /// Reduces `x` over `axes` (negative ones count from the back); over all axes if none is given.
  public static Tensor reduce(Kind kind, Tensor x, boolean keepAxes, int... axes) {
    List<Integer> all = axes(x, axes);
    return all.isEmpty() ? x : Trace.apply(new Reduce(kind, all, keepAxes), x);
  }

  /// The named axes counted from the front, ascending; all axes if none is named.
  static List<Integer> axes(Tensor x, int... axes) {
    return (axes.length > 0 ? Arrays.stream(x.shape().axes(axes)) : IntStream.range(0, x.rank())).boxed().toList();
  }

  private int[] axesArray() { return axes.stream().mapToInt(Integer::intValue).toArray(); }

  @Override
  public String name() { return kind.name().toLowerCase(Locale.ROOT); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst();
    if (!x.dtype().isFloat() && !x.dtype().isInteger()) throw new ShapeException("%s: needs numbers, got %s", name(), x);
    long joined = 1;
    for (int axis : axes) joined *= x.size(axis);
    if (joined == 0 && kind != Kind.SUM && x.shape().reduce(false, axesArray()).elements() > 0) {
      throw new ShapeException("%s: nothing to reduce over axes %s of %s", name(), axes, x);
    }
    return List.of(x.with(x.shape().reduce(keepAxes, axesArray())));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) {
    return kind == Kind.SUM ? List.of() : List.of(in.getFirst(), out.getFirst());
  }

  /// A sum passes its gradient to every element; an extreme shares it among the elements that reach it.
  @Override
  public void vjp(Pullback pullback) {
    pullback.give(0, () -> {
      Spec in = pullback.in(0);
      var kept = in.shape().reduce(true, axesArray());
      Tensor cotangent = pullback.cotangent(0).reshape(kept);
      if (kind == Kind.SUM) return cotangent.broadcast(in.shape());
      Tensor reached = pullback.saved(0).equal(pullback.saved(1).reshape(kept)).to(in.dtype());
      return reached.div(reached.sum(true, axesArray())).mul(cotangent);
    });
  }
}

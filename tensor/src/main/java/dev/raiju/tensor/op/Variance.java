package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.List;

/// The mean squared distance from the mean over some axes (divided by the count, not by one less).
///
/// @param axes counted from the front, ascending
/// @param keepAxes whether the axes stay, with size 1
public record Variance(List<Integer> axes, boolean keepAxes) implements Fused {
  public Variance {
    axes = List.copyOf(axes);
  }

  /// Over all axes if none is named.
  public static Tensor variance(Tensor x, boolean keepAxes, int... axes) {
    return Trace.apply(new Variance(Reduce.axes(x, axes), keepAxes), x);
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("variance");
    return List.of(x.with(x.shape().reduce(keepAxes, axes.stream().mapToInt(Integer::intValue).toArray())));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(3 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.getFirst().to(in.getFirst().spec().wide());
    Tensor squares = x.sub(mean(x, true)).square();
    return List.of(mean(squares, keepAxes).to(in.getFirst().dtype()));
  }

  /// Over no axes, every element is its own mean.
  private Tensor mean(Tensor x, boolean keepAxes) {
    return axes.isEmpty() ? x : x.mean(keepAxes, axes.stream().mapToInt(Integer::intValue).toArray());
  }
}

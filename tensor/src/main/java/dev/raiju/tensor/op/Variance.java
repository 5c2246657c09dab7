package dev.raiju.tensor.op;

import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import java.util.Arrays;
import java.util.List;

/// The mean squared distance from the mean over some axes (divided by the count, not by one less).
///
/// @param axes counted from the front, ascending
/// @param keepAxes whether the axes stay, with size 1
public record Variance(List<Integer> axes, boolean keepAxes) implements Fused {
  public Variance {
    axes = List.copyOf(axes);
  }

  public static Tensor variance(Tensor x, boolean keepAxes, int... axes) {
    return Trace.apply(new Variance(Arrays.stream(x.shape().axes(axes)).boxed().toList(), keepAxes), x);
  }

  private int[] axesArray() { return axes.stream().mapToInt(Integer::intValue).toArray(); }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Spec x = in.getFirst().requireFloat("variance");
    return List.of(x.with(x.shape().reduce(keepAxes, axesArray())));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.of(3 * in.getFirst().shape().elements(), in, infer(in)); }

  @Override
  public List<Tensor> define(List<Tensor> in) {
    Tensor x = in.getFirst();
    return List.of(x.sub(x.mean(true, axesArray())).square().mean(keepAxes, axesArray()));
  }
}

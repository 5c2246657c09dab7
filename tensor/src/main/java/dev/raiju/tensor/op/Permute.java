package dev.raiju.tensor.op;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.List;

/// The axes in another order: axis `i` of the result is axis `axes[i]` of the input.
public record Permute(List<Integer> axes) implements View {
  public Permute {
    axes = List.copyOf(axes);
  }

  @Override
  public Layout view(Layout in) { return in.permute(axes.stream().mapToInt(Integer::intValue).toArray()); }

  @Override
  public Tensor vjp(Spec in, Tensor cotangent) {
    int[] inverse = new int[axes.size()];
    for (int i = 0; i < inverse.length; i++) inverse[in.shape().axis(axes.get(i))] = i;
    return cotangent.permute(inverse);
  }
}

package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `x + conv(silu(norm(conv(silu(norm(x))))))`, with a 1 x 1 convolution of `x` where the number of channels changes.
public record ResidualUnit(ChannelNormLayer firstNorm, CausalConvolution first, ChannelNormLayer secondNorm,
    CausalConvolution second, Optional<CausalConvolution> shortcut) implements Module<ResidualUnit> {
  static ResidualUnit create(Initializer init, int in, int out) {
    ChannelNormLayer firstNorm = ChannelNormLayer.create(init, in, 3);
    CausalConvolution first = CausalConvolution.create(init, in, out, 3, 3);
    ChannelNormLayer secondNorm = ChannelNormLayer.create(init, out, 3);
    CausalConvolution second = CausalConvolution.create(init, out, out, 3, 3);
    return new ResidualUnit(firstNorm, first, secondNorm, second, in == out
        ? Optional.empty()
        : Optional.of(CausalConvolution.create(init, in, out, 1, 1)));
  }

  /// The units of a level; the first of them changes the number of channels.
  static List<ResidualUnit> several(Initializer init, int count, int in, int out) {
    List<ResidualUnit> units = new ArrayList<>();
    for (int i = 0; i < count; i++) units.add(create(init, i == 0 ? in : out, out));
    return units;
  }

  /// @param x `[B, C, T, H, W]`
  Tensor forward(Tensor x, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor wide = firstNorm.activated(x);
      Tensor between = first.forward(wide, past);
      // at the finest level each of these is the largest tensor there is
      wide.close();
      Tensor again = secondNorm.activated(between);
      between.close();
      Tensor branch = second.forward(again, past);
      again.close();
      Tensor straight = shortcut.map(convolution -> convolution.forward(x, past)).orElse(x);
      return scope.keep(straight.add(branch));
    }
  }

  /// Units one after the other; what is between them is closed.
  static Tensor all(List<ResidualUnit> units, Tensor x, Past past) {
    Tensor y = x;
    for (ResidualUnit unit : units) {
      Tensor before = y;
      y = unit.forward(before, past);
      if (before != x) before.close();
    }
    return y;
  }

  @Override
  public ResidualUnit map(ParameterMap p) {
    return new ResidualUnit(p.module("firstNorm", firstNorm), p.module("first", first), p.module("secondNorm", secondNorm), p
        .module("second", second), shortcut.map(s -> p.module("shortcut", s)));
  }
}

package dev.raiju.tensor.op;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import java.util.List;

/// Counter-based random numbers: element `i` depends on the key and on `i` alone, so it is the same on every backend and for
/// any number of threads. Philox 4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
///
/// The input is the key, i64 `[3]`: seed, stream, index of the first element.
///
/// @param distribution what is drawn
/// @param dtype a float type; for [Distribution#BITS] i32
/// @param shape the shape of the result
public record RandomDraw(Distribution distribution, DType dtype, Shape shape) implements Primitive {
  /// `UNIFORM` is in (0, 1), `NORMAL` has mean 0 and variance 1 and is cut at 5.4, `BITS` are 32 raw bits.
  public enum Distribution { UNIFORM, NORMAL, BITS }

  @Override
  public List<Spec> infer(List<Spec> in) {
    in.getFirst().requireSameType("random", Spec.of(DType.I64)).requireShape("random", "the key", Shape.of(3));
    if (distribution == Distribution.BITS) new Spec(dtype, shape).requireSameType("random", Spec.of(DType.I32));
    else
      new Spec(dtype, shape).requireFloat("random");
    return List.of(new Spec(dtype, shape));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.elementwise(40, in, infer(in)); }
}

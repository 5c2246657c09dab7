package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCase.ALL;
import static dev.raiju.kernels.conformance.cases.OpCase.NUMBERS;
import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Tensors out of nothing. Ops without inputs get a number to tell them the device.
final class GeneratorCases {
  private static final Value HERE = Value.floats(0);

  private GeneratorCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>(List.of(fill(), iota()));
    for (Distribution distribution : Distribution.values()) rows.add(random(distribution));
    return rows;
  }

  private static OpCase fill() {
    OpCase row = OpCase.of("fill", (c, type) -> {
      Spec spec = new Spec(type, c.shape());
      double value = type.isFloat() ? c.number() : c.between(-2, 300);
      return Sample.of(in -> Tensor.full(spec, value, in.get(0).device()), HERE).text(spec, value);
    });
    row = row.types(ALL).within(Tolerance.EXACT);
    row = row.benchmark((c, type) -> Sample.of(in -> Tensor.full(Spec.of(type, 4, 256, 384), 1, in.get(0).device()), HERE));
    Spec block = Spec.of(DType.Q8_G64, 64);
    return row.refuses("fill: q8_g64 [64]: block types are made by quantize", in -> Tensor.full(block, 1, in.get(0).device()),
        f32(1));
  }

  private static OpCase iota() {
    OpCase row = OpCase.of("iota", (c, type) -> {
      long count = c.length();
      return Sample.of(in -> Tensor.iota(type, count, in.get(0).device()), HERE).text(type, count);
    });
    row = row.types(NUMBERS).within(Tolerance.EXACT);
    row = row.refuses("shape: negative size: [-1]", in -> Tensor.iota(DType.F32, -1, in.get(0).device()), f32(1));
    return row.refuses("iota: bool: needs an integer or float type", in -> Tensor.iota(DType.BOOL, 3, in.get(0).device()), f32(
        1));
  }

  private static OpCase random(Distribution distribution) {
    boolean bits = distribution == Distribution.BITS;
    String name = "random " + distribution.name().toLowerCase(Locale.ROOT);
    OpCase row = OpCase.of(name, (c, type) -> {
      Shape shape = c.shape();
      long[] key = {c.pick(1000) * 0x9e3779b97f4a7c15L, c.coin() ? c.pick(100) : (1L << 40) + c.pick(9), c.pick(9)};
      // also a stream whose block number passes 32 bits
      if (c.rarely(4)) key[2] += (1L << 34) - 8;
      return Sample.of(in -> Trace.apply(new RandomDraw(distribution, type, shape), in.get(0)), Value.longs(key)).text(shape);
    });
    row = row.types(bits ? List.of(DType.I32) : OpCase.FLOATS).within(Tolerance.EXACT);
    row = row.benchmark((c, type) -> {
      RandomDraw op = new RandomDraw(distribution, type, Shape.of(4, 256, 384));
      return Sample.of(in -> Trace.apply(op, in.get(0)), Value.longs(7, 0, 1));
    });
    DType wrong = bits ? DType.F32 : DType.I32;
    DType right = bits ? DType.I32 : DType.F32;
    RandomDraw op = new RandomDraw(distribution, wrong, Shape.of(2));
    String message = bits
        ? "random: types differ: i32 [] and f32 [2]; cast one of them"
        : "random: needs a float type, got i32 [2]";
    row = row.refuses(message, in -> Trace.apply(op, in.get(0)), Spec.of(DType.I64, 3));
    return row.refuses("random: the key must be [3], got [2]", in -> Trace.apply(new RandomDraw(distribution, right, Shape.of(2)),
        in.get(0)), Spec
            .of(DType.I64, 2));
  }
}

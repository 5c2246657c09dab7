package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.op.Dequantize;
import dev.raiju.tensor.op.Quantize;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Groups of small codes with a scale and a bias.
final class BlockCases {
  /// Every block type. A row over them is about the block type, whatever float type it meets.
  static final List<DType> TYPES = Stream.of(DType.values()).filter(DType::isBlock).toList();

  /// Those that values are rounded to.
  private static final List<DType> MADE = TYPES.stream().filter(type -> !type.isPacked()).toList();

  private BlockCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>();
    for (DType plain : OpCase.FLOATS) rows.addAll(List.of(quantize(plain), dequantize(plain)));
    rows.add(copyBlocks());
    return rows;
  }

  private static Shape groups(Choices c, DType type) {
    Shape shape = Shape.of((long) type.unit() * c.few());
    return c.coin() ? shape : shape.insert(0, c.few());
  }

  private static OpCase quantize(DType plain) {
    OpCase row = OpCase.of("quantize " + plain, (c, type) -> {
      Shape shape = groups(c, type);
      // all of one sign, all equal, or any
      int kind = c.pick(4);
      Value x = switch (kind) {
        case 0 -> c.numbers(plain, shape);
        case 1 -> c.uniform(plain, 0.5, 3, shape);
        case 2 -> c.uniform(plain, -3, -0.5, shape);
        default -> c.uniform(plain, 0, 0, shape);
      };
      return Sample.of(in -> Quantize.quantize(in.get(0), type), x);
    });
    row = row.types(MADE).within(Tolerance.EXACT);
    row = row.benchmark((c, type) -> Sample.of(in -> Quantize.quantize(in.get(0), type), c.numbers(plain, 384, 384)));
    row = row.refuses("q8_g64: shape [2, 65]: the last axis must be a multiple of 64", in -> Quantize.quantize(in.get(0),
        DType.Q8_G64), f32(2, 65));
    row = row.refuses("quantize: f32 is no block type; use a cast", in -> Quantize.quantize(in.get(0), DType.F32), f32(2, 64));
    return row.refuses("quantize: needs a float type, got i32 [64]", in -> Quantize.quantize(in.get(0), DType.Q8_G64), Spec.of(
        DType.I32, 64));
  }

  private static OpCase dequantize(DType plain) {
    OpCase row = OpCase.of("dequantize " + plain, (c, type) -> {
      Value x = ProductCases.blocks(c, type, c.between(1, 3), (long) type.unit() * c.between(1, 2));
      return Sample.of(in -> Dequantize.dequantize(in.get(0), plain), x);
    });
    row = row.types(TYPES).within(Tolerance.EXACT);
    row = row.benchmark((c, type) -> Sample.of(in -> Dequantize.dequantize(in.get(0), plain), ProductCases.blocks(c, type, 384,
        ProductCases.width(type))));
    row = row.refuses("dequantize: needs a block type, got f32 [64]", in -> Dequantize.dequantize(in.get(0), plain), f32(64));
    return row.refuses("dequantize: needs a float type, got i32 [64]", in -> Dequantize.dequantize(in.get(0), DType.I32), Spec.of(
        DType.Q8_G64, 64));
  }

  private static OpCase copyBlocks() {
    OpCase row = OpCase.of("copy of blocks", (c, type) -> {
      long rows = c.between(1, 4);
      long from = c.pick((int) rows);
      Value x = ProductCases.blocks(c, type, rows, (long) type.unit() * c.between(1, 2));
      return Sample.of(in -> in.get(0).slice(0, from, rows - from).copy(), x).text("from", from);
    });
    row = row.types(TYPES).within(Tolerance.EXACT);
    return row.refuses("permute: q8_g64 [64, 64]: block types are viewed over leading axes and on block boundaries", in -> in.get(
        0).transpose(), Spec
            .of(DType.Q8_G64, 64, 64));
  }
}

package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCases.f32;

import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Tolerance.Magnitude;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.AttentionBackward;
import dev.raiju.tensor.op.Rope;
import dev.raiju.tensor.op.Scores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// Attention in all its modes, its gradient as an op, and rotary embeddings.
final class AttentionCases {
  private static final double NAN = Double.NaN;
  private static final Tolerance WEIGHTED_MEAN = new Tolerance.Bound(32, 2, 2, Magnitude.LARGEST_OF_ALL,
      "scores of up to 10 are rounded before the exponential; a fast kernel may round weights to the narrow type");
  private static final Tolerance PRODUCTS = new Tolerance.Bound(64, 4, 4, Magnitude.LARGEST_OF_ALL,
      "two products in a row, the first with rounded weights");

  private AttentionCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>(List.of(plain(), grouped(), causal()));
    rows.addAll(List.of(biased(), masked(), biasedMasked(), recorded(), backward()));
    rows.addAll(List.of(rope(), ropeBatched(), ropeTables()));
    return rows;
  }

  /// Sizes of an attention.
  private record Setting(long batch, long queries, long keys, long heads, long keyHeads, long width, long valueWidth) {
    Shape q() { return Shape.of(batch, queries, heads, width); }

    Shape k() { return Shape.of(batch, keys, keyHeads, width); }

    Shape v() { return Shape.of(batch, keys, keyHeads, valueWidth); }

    Shape out() { return Shape.of(batch, queries, heads, valueWidth); }

    Shape pairs() { return Shape.of(batch, heads, queries, keys); }

    long terms() { return width + keys; }
  }

  private static Setting setting(Choices c, boolean grouped) {
    long keyHeads = c.between(1, 2);
    long heads = keyHeads * (grouped ? c.between(1, 3) : 1);
    int longest = c.pick(3);
    long queries = longest == 0 ? c.length() : c.few();
    long keys = longest == 1 ? c.length() : c.few() + c.few();
    long width = longest == 2 ? c.length(1) : c.between(1, 8);
    return new Setting(c.few(), queries, keys, heads, keyHeads, width, c.coin() ? width : c.between(1, 5));
  }

  private static Value[] qkv(Choices c, DType type, Setting s, Value... more) {
    List<Value> in = new ArrayList<>(List.of(c.numbers(type, s.q()), c.numbers(type, s.k()), c.numbers(type, s.v())));
    in.addAll(Arrays.asList(more));
    return in.toArray(Value[]::new);
  }

  private static OpCase row(String name, OpCase.Draw draw) {
    return OpCase.of(name, draw).within(WEIGHTED_MEAN).gradient(Gradient.TWICE);
  }

  private static final Setting MEASURED = new Setting(1, 256, 256, 6, 6, 64, 64);

  private static OpCase plain() {
    OpCase row = row("attention", (c, type) -> {
      Setting s = setting(c, false);
      return Sample.of(in -> Attention.attention(in.get(0), in.get(1), in.get(2)), qkv(c, type, s)).terms(s.terms());
    });
    row = row.benchmark((c, type) -> Sample.of(in -> Attention.attention(in.get(0), in.get(1), in.get(2)), qkv(c, type, MEASURED))
        .terms(MEASURED
            .terms()));
    Function<List<Tensor>, Tensor> op = in -> Attention.attention(in.get(0), in.get(1), in.get(2));
    Value one = Value.floats(1).reshape(1, 1, 1, 1);
    row = row.special("one key gives its value", op, List.of(one, one, Value.floats(7, -2).reshape(1, 1, 1, 2)), 7, -2);
    row = row.special("without keys, zeros", op, List.of(one, Value.floats().reshape(1, 0, 1, 1), Value.floats().reshape(1, 0, 1,
        2)), 0, 0);
    Value large = Value.floats(1024, 0).reshape(1, 2, 1, 1);
    row = row.special("large scores do not overflow", op, List.of(one, large, Value.floats(3, 5).reshape(1, 2, 1, 1)), 3);
    row = row.special("a NaN key spoils the query", op, List.of(one, Value.floats(NAN, 1).reshape(1, 2, 1, 1), Value.floats(3, 5)
        .reshape(1, 2,
            1, 1)), NAN);
    row = row.refuses(
        "attention: queries [1, 2, 1, 4] do not fit keys [1, 2, 1, 8]; needs equal B and d, and h a multiple of the key heads",
        op,
        f32(1, 2, 1, 4), f32(1, 2, 1, 8), f32(1, 2, 1, 4));
    row = row.refuses("attention: values must be [1, 2, 1, 4], got [1, 3, 1, 4]", op, f32(1, 2, 1, 4), f32(1, 2, 1, 4), f32(1, 3,
        1, 4));
    row = row.refuses("attention: types differ: f32 [1, 2, 1, 4] and bf16 [1, 2, 1, 4]; cast one of them", op, f32(1, 2, 1, 4),
        Spec.of(DType.BF16, 1, 2, 1, 4), f32(1, 2,
            1, 4));
    return row.refuses("attention: needs 4 axes, got f32 [2, 1, 4]", op, f32(2, 1, 4), f32(2, 1, 4), f32(2, 1, 4));
  }

  private static OpCase grouped() {
    OpCase row = row("attention grouped", (c, type) -> {
      Setting s = setting(c, true);
      double scale = c.number() / Math.sqrt(s.width());
      return Sample.of(in -> Attention.attention(in.get(0), in.get(1), in.get(2), Scores.scale(scale)), qkv(c, type, s)).terms(s
          .terms()).text(
              "scale", scale);
    });
    return row.refuses(
        "attention: queries [1, 2, 3, 4] do not fit keys [1, 2, 2, 4]; needs equal B and d, and h a multiple of the key heads",
        in -> Attention.attention(in.get(0), in.get(1), in.get(1)), f32(1, 2, 3, 4), f32(1, 2, 2, 4));
  }

  private static Scores drawCausal(Choices c, Setting s) {
    return Scores.of(s.width()).causal(c.between(1, 5), c.rarely(3) ? c.between(1, 9) : 0);
  }

  private static OpCase causal() {
    OpCase row = row("attention causal", (c, type) -> {
      Setting s = setting(c, true);
      Scores scores = drawCausal(c, s);
      return Sample.of(in -> Attention.attention(in.get(0), in.get(1), in.get(2), scores), qkv(c, type, s)).terms(s.terms()).text(
          scores);
    });
    return row.benchmark((c, type) -> {
      Scores scores = Scores.of(MEASURED.width()).causal(64, 0);
      return Sample.of(in -> Attention.attention(in.get(0), in.get(1), in.get(2), scores), qkv(c, type, MEASURED)).terms(MEASURED
          .terms());
    });
  }

  private static OpCase biased() {
    OpCase row = row("attention biased", (c, type) -> {
      Setting s = setting(c, false);
      Value bias = c.numbers(type, c.stretchable(s.pairs()));
      Scores scores = Scores.of(s.width());
      return Sample.of(in -> Attention.biasedAttention(in.get(0), in.get(1), in.get(2), in.get(3), scores), qkv(c, type, s, bias))
          .terms(s
              .terms());
    });
    Function<List<Tensor>, Tensor> op = in -> Attention.biasedAttention(in.get(0), in.get(1), in.get(2), in.get(3), Scores.of(4));
    return row.refuses("attention: f32 [2, 1, 3, 3] does not broadcast to [1, 1, 3, 3]", op, f32(1, 3, 1, 4), f32(1, 3, 1, 4),
        f32(1, 3, 1, 4),
        f32(2, 1, 3, 3));
  }

  private static OpCase masked() {
    OpCase row = row("attention masked", (c, type) -> {
      Setting s = setting(c, true);
      Value mask = c.bools(c.stretchable(s.pairs()));
      Scores scores = c.rarely(3) ? drawCausal(c, s) : Scores.of(s.width());
      return Sample.of(in -> Attention.maskedAttention(in.get(0), in.get(1), in.get(2), in.get(3), scores), qkv(c, type, s, mask))
          .terms(s
              .terms()).text(scores);
    });
    Function<List<Tensor>, Tensor> op = in -> Attention.maskedAttention(in.get(0), in.get(1), in.get(2), in.get(3), Scores.of(1));
    Value one = Value.floats(1).reshape(1, 1, 1, 1);
    Value two = Value.floats(3, 5).reshape(1, 2, 1, 1);
    Value none = Value.of(DType.BOOL, new double[] {0, 0}, 1, 1, 1, 2);
    Value second = Value.of(DType.BOOL, new double[] {0, 1}, 1, 1, 1, 2);
    row = row.special("a query that sees no key gives zeros", op, List.of(one, two, two, none), 0);
    row = row.special("a hidden key does not count", op, List.of(one, two, two, second), 5);
    return row.refuses("attention: types differ: bool [] and f32 [1, 1, 1, 2]; cast one of them", op, f32(1, 1, 1, 1), f32(1, 2,
        1, 1), f32(1, 2,
            1, 1), f32(1, 1, 1, 2));
  }

  private static OpCase biasedMasked() {
    return row("attention biased and masked", (c, type) -> {
      Setting s = setting(c, false);
      Value bias = c.numbers(type, c.stretchable(s.pairs()));
      Value mask = c.bools(c.stretchable(s.pairs()));
      Scores scores = Scores.of(s.width());
      return Sample.of(in -> Attention.biasedMaskedAttention(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4), scores), qkv(
          c, type, s,
          bias, mask)).terms(s.terms());
    });
  }

  private static OpCase recorded() {
    return row("attention log_sum_exp", (c, type) -> {
      Setting s = setting(c, true);
      Attention op = new Attention(Scores.of(s.width()), true);
      return Sample.all(in -> Trace.applyAll(op, in.toArray(Tensor[]::new)), qkv(c, type, s)).terms(s.terms());
    });
  }

  private static OpCase backward() {
    OpCase row = OpCase.of("attention_backward", (c, type) -> {
      Setting s = setting(c, true);
      boolean bias = c.coin();
      boolean mask = c.coin();
      long block = c.coin() ? c.between(1, 4) : 0;
      AttentionBackward op = new AttentionBackward(new Scores(0.5, bias, mask, block, 0));
      List<Value> in = new ArrayList<>(List.of(qkv(c, type, s)));
      if (bias) in.add(c.numbers(type, c.stretchable(s.pairs())));
      if (mask) in.add(c.bools(c.stretchable(s.pairs())));
      Shape rows = Shape.of(s.batch(), s.heads(), s.queries());
      DType wide = Spec.of(type).wide();
      // near the log-sum-exp that such scores have, so that probabilities are some
      in.add(c.uniform(wide, 2, 4, rows));
      in.add(c.numbers(wide, rows));
      in.add(c.numbers(type, s.out()));
      return Sample.all(t -> Trace.applyAll(op, t.toArray(Tensor[]::new)), in.toArray(Value[]::new)).terms(s.terms() + s.queries()
          * s.heads() / s
              .keyHeads()).text(op);
    });
    row = row.within(PRODUCTS).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> {
      Setting s = MEASURED;
      Shape rows = Shape.of(s.batch(), s.heads(), s.queries());
      AttentionBackward op = new AttentionBackward(Scores.of(s.width()));
      DType wide = Spec.of(type).wide();
      return Sample.all(t -> Trace.applyAll(op, t.toArray(Tensor[]::new)), qkv(c, type, s, c.uniform(wide, 5, 6, rows), c.numbers(
          wide, rows), c
              .numbers(type, s.out()))).terms(512);
    });
    Function<List<Tensor>, List<Tensor>> op = in -> Trace.applyAll(new AttentionBackward(Scores.of(4)), in.toArray(
        Tensor[]::new));
    Spec x = f32(1, 2, 1, 4);
    row = row.refuses("attention_backward: the log-sum-exp must be [1, 1, 2], got [1, 2, 1]", op, x, x, x, f32(1, 2, 1), f32(1, 1,
        2), x);
    return row.refuses("attention_backward: delta must be f32, got bf16", op, x, x, x, f32(1, 1, 2), Spec.of(DType.BF16, 1, 1, 2),
        x);
  }

  private static OpCase rope() {
    OpCase row = OpCase.of("rope", (c, type) -> {
      long tokens = c.few();
      long pairs = c.length();
      Value[] in = rotated(c, type, Shape.of(c.few(), tokens, c.few(), 2 * pairs), Shape.of(tokens, pairs));
      return Sample.of(t -> Rope.rope(t.get(0), t.get(1), t.get(2)), in);
    });
    row = row.within(ROTATION).gradient(Gradient.TWICE);
    row = row.benchmark((c, type) -> Sample.of(t -> Rope.rope(t.get(0), t.get(1), t.get(2)), rotated(c, type, Shape.of(1, 512, 6,
        64), Shape.of(512,
            32))));
    Function<List<Tensor>, Tensor> op = in -> Rope.rope(in.get(0), in.get(1), in.get(2));
    row = row.refuses("rope: f32 [1, 2, 1, 3]: the head width must be even", op, f32(1, 2, 1, 3), f32(2, 1), f32(2, 1));
    row = row.refuses("rope: f32 [1, 2, 1, 4] does not fit tables [3, 2]; needs [2, 2]", op, f32(1, 2, 1, 4), f32(3, 2), f32(3,
        2));
    row = row.refuses("rope: the cosines must be f32, got bf16", op, f32(1, 2, 1, 4), Spec.of(DType.BF16, 2, 2), Spec.of(
        DType.BF16, 2, 2));
    return row.refuses("rope: the sines must be [2, 2], got [2, 1]", op, f32(1, 2, 1, 4), f32(2, 2), f32(2, 1));
  }

  private static final Tolerance ROTATION = new Tolerance.Bound(3, 0, 0.5, Magnitude.LARGEST_OF_ALL,
      "two products and their sum, which may cancel");

  private static Value[] rotated(Choices c, DType type, Shape x, Shape table) {
    DType wide = Spec.of(type).wide();
    return new Value[] {c.numbers(type, x).ofFreeType(), c.uniform(wide, -1, 1, table).constant(), c.uniform(wide, -1, 1, table)
        .constant()};
  }

  /// Tables of their own for each sample: grids of different sizes in one batch.
  private static OpCase ropeBatched() {
    OpCase row = OpCase.of("rope batched", (c, type) -> {
      long batch = c.few();
      long tokens = c.few();
      long pairs = c.length();
      Value[] in = rotated(c, type, Shape.of(batch, tokens, c.few(), 2 * pairs), Shape.of(batch, tokens, pairs));
      return Sample.of(t -> Rope.rope(t.get(0), t.get(1), t.get(2)), in);
    });
    return row.within(ROTATION).gradient(Gradient.TWICE);
  }

  private static OpCase ropeTables() {
    OpCase row = OpCase.of("rope tables", (c, type) -> {
      int axes = c.between(1, 3);
      long[] grid = new long[axes];
      int[] pairs = new int[axes];
      for (int i = 0; i < axes; i++) {
        grid[i] = c.few();
        pairs[i] = c.between(0, 5);
      }
      return Sample.all(in -> Rope.tables(grid, pairs, 10_000, type, in.get(0).device()), Value.floats(0)).text(Arrays.toString(
          grid), Arrays
              .toString(pairs));
    });
    row = row.within(Tolerance.EXACT);
    return row.refuses("rope: grid [2, 3], pairs [4]: needs as many axes in both", in -> Rope.tables(new long[] {2, 3},
        new int[] {4}, 10_000,
        DType.F32, in.get(0).device()), f32(1));
  }
}

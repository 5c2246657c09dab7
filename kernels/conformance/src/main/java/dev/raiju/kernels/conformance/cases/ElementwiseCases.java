package dev.raiju.kernels.conformance.cases;

import static dev.raiju.kernels.conformance.cases.OpCase.FLOATS;
import static dev.raiju.kernels.conformance.cases.OpCase.NUMBERS;

import dev.raiju.kernels.conformance.cases.OpCase.Draw;
import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import dev.raiju.tensor.op.GatedResidual;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/// Functions of single elements.
final class ElementwiseCases {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final Value EDGES = Value.floats(NAN, INF, -INF, 0, -0.0);

  private ElementwiseCases() {}

  static List<OpCase> rows() {
    List<OpCase> rows = new ArrayList<>();
    rows.addAll(functions());
    rows.addAll(activations());
    rows.addAll(ofTwo());
    rows.addAll(ofMany());
    return rows;
  }

  private static Draw over(double low, double high, UnaryOperator<Tensor> f) {
    return (c, type) -> Sample.of(in -> f.apply(in.get(0)), !c.isTame() && c.rarely(4)
        ? c.wild(type, c.shape())
        : c.uniform(type, low, high, c.shape()));
  }

  private static OpCase unary(String name, double low, double high, UnaryOperator<Tensor> f) {
    return OpCase.of(name, over(low, high, f)).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> f.apply(in.get(0)),
        c
            .uniform(type, Math.max(low, -3), Math.min(high, 3), 4, 256, 384)));
  }

  /// Gradients are drawn from a range of their own: finite differences fail beside a pole.
  private static OpCase unary(String name, double low, double high, double smoothLow, double smoothHigh,
      UnaryOperator<Tensor> f) {
    Draw smooth = over(smoothLow, smoothHigh, f);
    OpCase row = unary(name, low, high, f);
    Draw wide = row.draw();
    return new OpCase(name, row.types(), (c, type) -> c.isTame() ? smooth.sample(c, type) : wide.sample(c, type), row.benchmark(),
        row
            .tolerance(), row.gradient(), row.specials(), row.refusals(), row.large(), false);
  }

  private static List<OpCase> functions() {
    Spec whole = Spec.of(DType.I32, 2);
    return List.of(
        unary("neg", -9, 9, Tensor::neg).types(NUMBERS).special("signs", in -> in.get(0).neg(), List.of(EDGES), NAN, -INF, INF,
            -0.0, 0)
            .refuses("neg: needs numbers, got bool", in -> in.get(0).neg(), Spec.of(DType.BOOL, 2)),
        unary("abs", -9, 9, Tensor::abs).types(NUMBERS).special("signs", in -> in.get(0).abs(), List.of(EDGES), NAN, INF, INF, 0,
            0),
        unary("sign", -9, 9, x -> Elementwise.elementwise("sign", Expr.in(0).apply(UnaryFunction.SIGN), x)).types(NUMBERS)
            .special("edges", in -> Elementwise.elementwise("sign", Expr.in(0).apply(UnaryFunction.SIGN), in.get(0)), List.of(
                EDGES), NAN,
                1, -1, 0, -0.0),
        unary("square", -30, 30, Tensor::square).types(NUMBERS).special("edges", in -> in.get(0).square(), List.of(EDGES), NAN,
            INF, INF,
            0, 0),
        unary("floor", -9, 9, Tensor::floor).special("halves", in -> in.get(0).floor(), List.of(Value.floats(0.5, -0.5, 1.5,
            -2, NAN, INF, -0.0)), 0, -1, 1, -2, NAN, INF, -0.0).refuses("floor: needs a float type, got i32", in -> in.get(0)
                .floor(),
                whole),
        unary("round", -9, 9, Tensor::round).special("halves go to the even neighbour", in -> in.get(0).round(), List.of(Value
            .floats(0.5, -0.5, 1.5, 2.5, NAN, -INF)), 0, -0.0, 2, 2, NAN, -INF),
        unary("sqrt", 0, 50, 0.2, 9, Tensor::sqrt).special("below zero", in -> in.get(0).sqrt(), List.of(Value.floats(-1, -0.0, 0,
            INF,
            NAN, 4)), NAN, -0.0, 0, INF, NAN, 2).refuses("sqrt: needs a float type, got i32", in -> in.get(0).sqrt(), whole),
        unary("exp", -20, 20, -3, 3, Tensor::exp).special("ends", in -> in.get(0).exp(), List.of(Value.floats(NAN, INF, -INF,
            -0.0, 100,
            -110)), NAN, INF, 0, 1, INF, 0).refuses("exp: needs a float type, got i32", in -> in.get(0).exp(), whole),
        unary("log", 0, 50, 0.2, 9, Tensor::log).special("ends", in -> in.get(0).log(), List.of(Value.floats(NAN, INF, 0, -0.0,
            -1, 1)),
            NAN, INF, -INF, -INF, NAN, 0),
        unary("sin", -20, 20, Tensor::sin).special("ends", in -> in.get(0).sin(), List.of(EDGES), NAN, NAN, NAN, 0, -0.0),
        unary("cos", -20, 20, Tensor::cos).special("ends", in -> in.get(0).cos(), List.of(EDGES), NAN, NAN, NAN, 1, 1),
        unary("tanh", -12, 12, -3, 3, Tensor::tanh).special("ends", in -> in.get(0).tanh(), List.of(EDGES), NAN, 1, -1, 0, -0.0),
        unary("erf", -5, 5, -3, 3, Tensor::erf).special("ends", in -> in.get(0).erf(), List.of(EDGES), NAN, 1, -1, 0, -0.0),
        unary("add number", -9, 9, x -> x.add(2)).types(NUMBERS).refuses("add: 0.5 is no i32; cast the tensor to a float",
            in -> in.get(0)
                .add(0.5), whole),
        unary("sub number", -9, 9, x -> x.sub(0.75)),
        unary("mul number", -9, 9, x -> x.mul(-3)).types(NUMBERS).special("zero times infinity", in -> in.get(0).mul(0), List.of(
            EDGES),
            NAN, NAN, NAN, 0, -0.0),
        unary("div number", -9, 9, x -> x.div(3)),
        unary("clamp", -9, 9, x -> x.clamp(-2, 3)).types(NUMBERS.stream().filter(t -> t != DType.U8).toList()).special(
            "a NaN stays one", in -> in.get(0).clamp(-2, 3), List.of(EDGES), NAN, 3, -2, 0, -0.0));
  }

  private static List<OpCase> activations() {
    return List.of(
        unary("sigmoid", -20, 20, -4, 4, Elementwise::sigmoid).special("ends", in -> Elementwise.sigmoid(in.get(0)), List.of(
            EDGES), NAN,
            1, 0, 0.5, 0.5),
        unary("silu", -20, 20, -4, 4, Elementwise::silu).special("ends: -∞ times 0", in -> Elementwise.silu(in.get(0)), List.of(
            EDGES),
            NAN, INF, NAN, 0, -0.0),
        unary("relu", -9, 9, Elementwise::relu).special("ends", in -> Elementwise.relu(in.get(0)), List.of(EDGES), NAN, INF, 0, 0,
            0),
        unary("gelu_tanh", -9, 9, -3, 3, Elementwise::geluTanh).special("ends: -∞ times 0", in -> Elementwise.geluTanh(in.get(0)),
            List
                .of(EDGES), NAN, INF, NAN, 0, -0.0),
        unary("gelu_erf", -9, 9, -3, 3, Elementwise::geluErf).special("ends: -∞ times 0", in -> Elementwise.geluErf(in.get(0)),
            List.of(
                EDGES), NAN, INF, NAN, 0, -0.0),
        unary("softplus", -20, 20, -4, 4, Elementwise::softplus).special("ends", in -> Elementwise.softplus(in.get(0)), List.of(
            Value
                .floats(NAN, INF, -INF, 100)), NAN, INF, 0, 100));
  }

  private static OpCase binary(String name, BinaryOperator<Tensor> f) {
    Spec pair = Spec.of(DType.F32, 2);
    return OpCase.of(name, (c, type) -> {
      Shape shape = c.shape();
      Shape other = c.stretchable(shape);
      Value a = c.wild(type, c.coin() ? shape : other);
      Value b = c.wild(type, a.spec().shape().equals(shape) ? other : shape);
      return Sample.of(in -> f.apply(in.get(0), in.get(1)), a, b);
    }).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> f.apply(in.get(0), in.get(1)), c.numbers(type, 4, 256,
        384), c
            .numbers(type, 4, 256, 384))).refuses("broadcast: sizes differ: [2, 3] and [2, 4]; needs equal sizes, or 1", in -> f
                .apply(in.get(
                    0), in.get(1)), Spec.of(DType.F32, 2, 3), Spec.of(DType.F32, 2, 4)).refuses(name
                        + ": types differ: f32 and bf16; cast one of them", in -> f.apply(in.get(0), in.get(1)), pair, pair.with(
                            DType.BF16));
  }

  private static OpCase comparison(String name, BinaryOperator<Tensor> f, double... expected) {
    return binary(name, f).gradient(Gradient.NONE).types(NUMBERS).special("NaN is equal to nothing", in -> f.apply(in.get(0), in
        .get(1)),
        List.of(Value.floats(NAN, 1, -0.0, -INF, 2), Value.floats(NAN, NAN, 0, INF, 2)), expected);
  }

  private static List<OpCase> ofTwo() {
    Value a = Value.floats(NAN, INF, INF, 0, -0.0, 3);
    Value b = Value.floats(1, -INF, 2, 0, 2, 0);
    return List.of(
        binary("add", Tensor::add).types(NUMBERS).special("infinities", in -> in.get(0).add(in.get(1)), List.of(a, b), NAN, NAN,
            INF, 0, 2,
            3).refuses("add: needs numbers, got bool", in -> in.get(0).add(in.get(1)), Spec.of(DType.BOOL, 2), Spec.of(DType.BOOL,
                2)),
        binary("sub", Tensor::sub).types(NUMBERS).special("infinities", in -> in.get(0).sub(in.get(1)), List.of(a, b), NAN, INF,
            INF, 0,
            -2, 3),
        binary("mul", Tensor::mul).types(NUMBERS).special("infinities", in -> in.get(0).mul(in.get(1)), List.of(a, b), NAN, -INF,
            INF, 0,
            -0.0, 0),
        quotient().special("by zero", in -> in.get(0).div(in.get(1)), List.of(a, b), NAN, NAN, INF, NAN, -0.0, INF).refuses(
            "div: needs a float type, got i32", in -> in.get(0).div(in.get(1)), Spec.of(DType.I32, 2), Spec.of(DType.I32, 2)),
        extreme("min", Tensor::min).special("of a NaN, NaN", in -> in.get(0).min(in.get(1)), List.of(a, b), NAN, -INF, 2, 0, -0.0,
            0),
        extreme("max", Tensor::max).special("of a NaN, NaN", in -> in.get(0).max(in.get(1)), List.of(a, b), NAN, INF, INF, 0, 2,
            3),
        comparison("less", Tensor::less, 0, 0, 0, 1, 0), comparison("less_equal", Tensor::lessEqual, 0, 0, 1, 1, 1),
        comparison("equal", Tensor::equal, 0, 0, 1, 0, 1).types(concat(NUMBERS, DType.BOOL)), logic("and", Expr.in(0).and(Expr.in(
            1))),
        logic("or", Expr.in(0).or(Expr.in(1))), logic("not", Expr.in(0).not().and(Expr.in(1).not().not())));
  }

  /// Gradients need a denominator away from 0.
  private static OpCase quotient() {
    OpCase row = binary("div", Tensor::div);
    Draw draw = row.draw();
    return new OpCase("div", FLOATS, (c, type) -> {
      if (!c.isTame()) return draw.sample(c, type);
      Shape shape = c.shape();
      return Sample.of(in -> in.get(0).div(in.get(1)), c.numbers(type, shape), c.uniform(type, 0.5, 3, c.stretchable(shape)));
    }, row.benchmark(), row.tolerance(), row.gradient(), row.specials(), row.refusals(), row.large(), false);
  }

  /// Ties, whose gradient differences do not see, are for forward cases alone; f32 draws have next to none.
  private static OpCase extreme(String name, BinaryOperator<Tensor> f) { return binary(name, f).types(NUMBERS); }

  private static OpCase logic(String name, Expr expr) {
    return OpCase.of(name, (c, type) -> {
      Shape shape = c.shape();
      return Sample.of(in -> Elementwise.elementwise(name, expr, in.get(0), in.get(1)), c.bools(shape), c.bools(c.stretchable(
          shape)));
    }).types(DType.BOOL).refuses(name + ": needs bool, got i32", in -> Elementwise.elementwise(name, expr, in.get(0), in.get(1)),
        Spec
            .of(DType.I32, 2), Spec.of(DType.I32, 2));
  }

  private static List<OpCase> ofMany() {
    return List.of(where(), residual(), modulate(), FormulaCases.any(), FormulaCases.smooth());
  }

  private static OpCase where() {
    return OpCase.of("where", (c, type) -> {
      Shape shape = c.shape();
      return Sample.of(in -> Elementwise.where(in.get(0), in.get(1), in.get(2)), c.bools(c.stretchable(shape)), c.wild(type,
          shape), c
              .wild(type, c.stretchable(shape)));
    }).types(NUMBERS).gradient(Gradient.TWICE).special("what is not chosen does not matter", in -> Elementwise.where(in.get(0), in
        .get(1),
        in.get(2)), List.of(Value.of(DType.BOOL, new double[] {1, 0}, 2), Value.floats(1, NAN), Value.floats(NAN, 2)), 1, 2)
        .refuses(
            "where: a condition must be bool, got f32", in -> Elementwise.where(in.get(0), in.get(1), in.get(1)), Spec.of(
                DType.F32, 2), Spec.of(
                    DType.F32, 2));
  }

  private static OpCase residual() {
    return OpCase.of("gated_residual", (c, type) -> {
      long width = c.length();
      Shape x = Shape.of(c.few(), c.few(), width);
      return Sample.of(in -> GatedResidual.gatedResidual(in.get(0), in.get(1), in.get(2)), c.numbers(type, x), c.numbers(type, x),
          c
              .numbers(type, x.with(1, 1)));
    }).gradient(Gradient.TWICE).benchmark((c, type) -> Sample.of(in -> GatedResidual.gatedResidual(in.get(0), in.get(1), in.get(
        2)), c
            .numbers(type, 2, 320, 384), c.numbers(type, 2, 320, 384), c.numbers(type, 2, 1, 384)));
  }

  private static OpCase modulate() {
    return OpCase.of("modulate", (c, type) -> {
      Shape x = Shape.of(c.few(), c.few(), c.length());
      return Sample.of(in -> ModulatedLayerNorm.modulate(in.get(0), in.get(1), in.get(2)), c.numbers(type, x), c.numbers(type, x
          .with(1,
              1)), c.numbers(type, x.with(1, 1)));
    }).gradient(Gradient.TWICE);
  }

  static <T> List<T> concat(List<T> list, T more) {
    List<T> all = new ArrayList<>(list);
    all.add(more);
    return List.copyOf(all);
  }
}

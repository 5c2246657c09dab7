package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// One formula applied to every element; inputs are broadcast to a common shape.
///
/// @param label the name in messages
/// @param expr the formula
public record Elementwise(String label, Expr expr) implements Primitive, Differentiable {
  private static final Expr X = Expr.in(0);

  /// The gradient of [#geluTanh(Tensor)], as automatic differentiation writes it: of the input, and the gradient of the result.
  public static final Expr GELU_TANH_GRADIENT = geluTanh(X).derivative(0).mul(Expr.in(1));

  @Override
  public String name() { return label; }

  /// Applies a formula.
  public static Tensor elementwise(String label, Expr expr, Tensor... in) {
    return Trace.apply(new Elementwise(label, expr), in);
  }

  /// The logistic function `1 / (1 + exp(-x))`.
  public static Tensor sigmoid(Tensor x) { return elementwise("sigmoid", sigmoid(X), x); }

  /// `x · sigmoid(x)`. Elfwing et al. 2017, arXiv:1702.03118.
  public static Tensor silu(Tensor x) { return elementwise("silu", silu(X), x); }

  /// `max(x, 0)`, with derivative 0 at 0.
  public static Tensor relu(Tensor x) { return elementwise("relu", Expr.select(X.lessEqual(Expr.of(0)), Expr.of(0), X), x); }

  /// The Gaussian error linear unit, tanh form: `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`. Hendrycks and Gimpel 2016,
  /// arXiv:1606.08415.
  public static Tensor geluTanh(Tensor x) { return elementwise("gelu_tanh", geluTanh(X), x); }

  /// The Gaussian error linear unit, exact form: `x/2 · (1 + erf(x/√2))`.
  public static Tensor geluErf(Tensor x) {
    return elementwise("gelu_erf", X.mul(0.5).mul(X.mul(Math.sqrt(0.5)).apply(UnaryFunction.ERF).add(1)), x);
  }

  /// `log(1 + exp(x))`, without overflow.
  public static Tensor softplus(Tensor x) {
    Expr tail = X.apply(UnaryFunction.ABS).negate().apply(UnaryFunction.EXP).add(1).apply(UnaryFunction.LOG);
    return elementwise("softplus", Expr.select(X.lessEqual(Expr.of(0)), Expr.of(0), X).add(tail), x);
  }

  /// `yes` where `condition` (bool) holds, else `no`.
  public static Tensor where(Tensor condition, Tensor yes, Tensor no) {
    return elementwise("where", Expr.select(X, Expr.in(1), Expr.in(2)), condition, yes, no);
  }

  /// The formula of [#sigmoid(Tensor)].
  public static Expr sigmoid(Expr x) { return Expr.of(1).div(x.negate().apply(UnaryFunction.EXP).add(1)); }

  /// The formula of [#silu(Tensor)].
  public static Expr silu(Expr x) { return x.div(x.negate().apply(UnaryFunction.EXP).add(1)); }

  /// The formula of [#geluTanh(Tensor)].
  public static Expr geluTanh(Expr x) {
    Expr inner = x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(inner.apply(UnaryFunction.TANH).add(1));
  }

  @Override
  public List<Spec> infer(List<Spec> in) {
    Shape shape = Shape.scalar();
    for (Spec spec : in) shape = shape.broadcast(spec.shape());
    return List.of(new Spec(expr.type(label, in.stream().map(Spec::dtype).toList()), shape));
  }

  @Override
  public Cost cost(List<Spec> in) { return Cost.elementwise(Math.max(1, expr.operations()), in, infer(in)); }

  /// Only the inputs that some derivative reads: none for a sum.
  @Override
  public List<Tensor> saved(List<Tensor> in, List<Tensor> out) { return needed(in.size()).stream().map(in::get).toList(); }

  private List<Integer> needed(int inputs) {
    List<Expr> derivatives = IntStream.range(0, inputs).mapToObj(expr::derivative).toList();
    return IntStream.range(0, inputs).filter(i -> derivatives.stream().anyMatch(d -> d.reads(i))).boxed().toList();
  }

  @Override
  public void vjp(Pullback pullback) {
    int inputs = expr.inputs();
    List<Integer> needed = needed(inputs);
    // the derivative sees the saved inputs under their new places; the cotangent comes last
    List<Expr> places = new ArrayList<>(Collections.nCopies(inputs, Expr.of(0)));
    for (int i = 0; i < needed.size(); i++) places.set(needed.get(i), Expr.in(i));
    for (int i = 0; i < inputs; i++) {
      int input = i;
      pullback.give(i, () -> {
        Expr derivative = expr.derivative(input).substitute(places);
        Tensor cotangent = pullback.cotangent(0);
        if (derivative instanceof Expr.Constant(double slope)) {
          return (slope == 1 ? cotangent : cotangent.mul(slope)).sumTo(pullback.in(input).shape());
        }
        Tensor[] arguments = new Tensor[needed.size() + 1];
        for (int k = 0; k < needed.size(); k++) arguments[k] = pullback.saved(k);
        arguments[needed.size()] = cotangent;
        Expr gradient = derivative.mul(Expr.in(needed.size()));
        return elementwise(label + "_gradient", gradient, arguments).sumTo(pullback.in(input).shape());
      });
    }
  }
}

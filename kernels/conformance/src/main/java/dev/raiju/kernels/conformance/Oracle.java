package dev.raiju.kernels.conformance;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCase.Gradient;
import dev.raiju.kernels.conformance.cases.Sample;
import dev.raiju.kernels.conformance.cases.Tolerance;
import dev.raiju.kernels.conformance.cases.Tolerance.Magnitude;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the reference device says about a case: results and gradients in f64, or in the case's own type where a row is exact.
final class Oracle {
  // a gradient is a chain of ops: of the size of a few sums of terms around 1, each rounded to the type
  private static final double GRADIENT_ULPS = 64;
  private static final double GRADIENT_ULPS_PER_TERM = 4;
  private static final double GRADIENT_ROUNDINGS = 8;
  // and where it is badly conditioned, as far off as inputs that differ by some units make it
  private static final double GRADIENT_SPREAD = 8;
  private static final int SPREADS = 2;

  private Oracle() {}

  /// Results, and gradients of the differentiable inputs for some cotangents of the float results.
  ///
  /// @param cotangents exact in every float type
  record Answer(List<Expected> results, List<Value> cotangents, List<Expected> gradients) {}

  private static boolean isExact(OpCase row, Sample sample) {
    return row.tolerance() instanceof Tolerance.Exact || sample.inputs().stream().noneMatch(v -> v.dtype().isFloat() && !v
        .hasOwnType());
  }

  private static List<Tensor> inputs(List<Value> values, boolean exact) {
    return values.stream().map(v -> (exact ? v : v.widened()).on(Device.reference())).toList();
  }

  /// The results alone.
  static List<Expected> results(OpCase row, Sample sample) {
    boolean exact = isExact(row, sample);
    try (Scope scope = Scope.open()) {
      Heard heard = new Heard(row);
      List<Tensor> out;
      try (var registration = Trace.listen(heard)) {
        out = sample.op().apply(inputs(sample.inputs(), exact));
      }
      return expected(row, sample, exact, out, heard);
    }
  }

  /// Results and gradients.
  static Answer answer(OpCase row, Sample sample, DType type, long seed) {
    boolean exact = isExact(row, sample);
    Heard heard = new Heard(row);
    List<Value> cotangents = new ArrayList<>();
    List<Expected> results;
    List<double[]> gradients = new ArrayList<>();
    try (Scope scope = Scope.open(); var registration = Trace.listen(heard)) {
      List<Tensor> in = inputs(sample.inputs(), exact);
      List<Tensor> wanted = differentiable(sample, in);
      try (Tape tape = Tape.record(wanted)) {
        List<Tensor> out = sample.op().apply(in);
        Rng rng = Rng.of(seed).stream("cotangents");
        for (Tensor t : floats(out)) cotangents.add(cotangent(t.spec(), rng));
        gradients.addAll(gradients(tape, out, cotangents, wanted));
        results = expected(row, sample, exact, out, heard);
      }
    }
    double[] spread = spread(sample, type, exact, cotangents, gradients, seed);
    List<Expected> expected = new ArrayList<>();
    List<Shape> shapes = sample.inputs().stream().filter(Value::isDifferentiable).map(v -> v.spec().shape()).toList();
    for (int i = 0; i < shapes.size(); i++) expected.add(gradient(shapes.get(i), gradients.get(i), sample, spread[i]));
    return new Answer(results, cotangents, expected);
  }

  private static List<double[]> gradients(Tape tape, List<Tensor> out, List<Value> cotangents, List<Tensor> wanted) {
    List<Tensor> weights = new ArrayList<>();
    for (Value v : cotangents) weights.add(v.on(Device.reference()));
    Gradients all = tape.gradients(floats(out), weights, wanted);
    return wanted.stream().map(t -> all.of(t).toDoubles()).toList();
  }

  /// How far each gradient moves when the inputs are off by a unit in the last place: a measure of what rounding on the way does.
  private static double[] spread(Sample sample, DType type, boolean exact, List<Value> cotangents, List<double[]> gradients,
      long seed) {
    double[] spread = new double[gradients.size()];
    if (exact) return spread;
    double unit = Expected.Types.ulp(type.isFloat() ? type : DType.F32, 1);
    Rng rng = Rng.of(seed).stream("spread");
    for (int k = 0; k < SPREADS; k++) {
      try (Scope scope = Scope.open()) {
        List<Value> moved = sample.inputs().stream().map(v -> shaken(v.widened(), unit, rng)).toList();
        List<Tensor> in = inputs(moved, false);
        List<Tensor> wanted = differentiable(sample, in);
        try (Tape tape = Tape.record(wanted)) {
          List<double[]> others = gradients(tape, sample.op().apply(in), cotangents, wanted);
          for (int i = 0; i < spread.length; i++) spread[i] = Math.max(spread[i], distance(gradients.get(i), others.get(i)));
        }
      }
    }
    return spread;
  }

  private static Value shaken(Value value, double unit, Rng rng) {
    if (value.dtype() != DType.F64) return value;
    double[] numbers = value.numbers();
    for (int i = 0; i < numbers.length; i++) numbers[i] *= 1 + (rng.nextInt(2) == 0 ? unit : -unit);
    return Value.of(DType.F64, numbers, value.spec().shape().sizes());
  }

  private static double distance(double[] a, double[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
    return largest;
  }

  static List<Tensor> floats(List<Tensor> tensors) { return tensors.stream().filter(t -> t.dtype().isFloat()).toList(); }

  /// The inputs whose gradients are checked.
  static List<Tensor> differentiable(Sample sample, List<Tensor> in) {
    List<Tensor> wanted = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      if (sample.inputs().get(i).isDifferentiable()) wanted.add(in.get(i));
    }
    return wanted;
  }

  static boolean hasGradient(OpCase row, Sample sample) {
    return row.gradient() != Gradient.NONE && sample.inputs().stream().anyMatch(Value::isDifferentiable);
  }

  /// Eighths, which every float type holds.
  private static Value cotangent(Spec spec, Rng rng) {
    double[] numbers = new double[Math.toIntExact(spec.shape().elements())];
    for (int i = 0; i < numbers.length; i++) numbers[i] = Math.rint(rng.nextNormal() * 8) / 8;
    return Value.of(spec.dtype(), numbers, spec.shape().sizes());
  }

  private static Expected gradient(Shape shape, double[] values, Sample sample, double spread) {
    double largest = sample.slope().applyAsDouble(sample.inputs()) + largest(values);
    double bound = (GRADIENT_ULPS + GRADIENT_ULPS_PER_TERM * sample.terms()) * Expected.Types.ulp(DType.F32, largest)
        + GRADIENT_SPREAD * spread;
    return new Expected.Near(shape, values, filled(values.length, bound), filled(values.length, largest), GRADIENT_ROUNDINGS);
  }

  // ---- bounds

  private static List<Expected> expected(OpCase row, Sample sample, boolean exact, List<Tensor> out, Heard heard) {
    List<Expected> all = new ArrayList<>();
    List<double[]> absolutes = magnitudes(row.tolerance(), sample, exact);
    for (int i = 0; i < out.size(); i++) {
      Tensor t = out.get(i);
      if (exact || !t.dtype().isFloat()) {
        all.add(new Expected.Same(t.spec(), t.toBytes()));
        continue;
      }
      all.add(switch (row.tolerance()) {
        case Tolerance.Exact _ -> throw new AssertionError(row.name());
        case Tolerance.Formula(double ulps) -> formula(t, heard, ulps);
        case Tolerance.Bound bound -> bounded(t, sample, bound, absolutes.isEmpty() ? null : absolutes.get(i));
      });
    }
    return all;
  }

  /// The same op on absolute values, or what the sample gives, where a bound asks for it.
  private static List<double[]> magnitudes(Tolerance tolerance, Sample sample, boolean exact) {
    if (exact || !(tolerance instanceof Tolerance.Bound bound)) return List.of();
    boolean given = bound.magnitude() == Magnitude.GIVEN;
    if (!given && bound.magnitude() != Magnitude.ABSOLUTES) return List.of();
    try (Scope scope = Scope.open()) {
      List<Value> values = given ? sample.inputs() : sample.inputs().stream().map(Value::absolute).toList();
      var op = given ? sample.magnitude() : sample.op();
      return Trace.silently(() -> op.apply(inputs(values, false))).stream().map(Tensor::toDoubles).toList();
    }
  }

  private static Expected bounded(Tensor t, Sample sample, Tolerance.Bound bound, double @Nullable [] absolutes) {
    double[] values = t.toDoubles();
    double[] magnitudes = switch (bound.magnitude()) {
      case RESULT -> values;
      case ABSOLUTES, GIVEN -> absolutes == null ? values : absolutes;
      case LARGEST -> filled(values.length, largest(values));
      case LARGEST_OF_ALL -> filled(values.length, Math.max(largest(values), sample.inputs().stream().mapToDouble(Value::largest)
          .max()
          .orElse(0)));
    };
    double ulps = bound.ulps() + bound.perTerm() * sample.terms();
    double[] bounds = new double[values.length];
    for (int i = 0; i < values.length; i++) bounds[i] = ulps * Expected.Types.ulp(DType.F32, magnitudes[i]);
    return new Expected.Near(t.shape(), values, bounds, magnitudes, bound.roundings());
  }

  private static Expected formula(Tensor t, Heard heard, double ulps) {
    Heard.Formula formula = heard.formula();
    Shape shape = t.shape();
    double[] values = t.toDoubles();
    double[] bounds = new double[values.length];
    double[] numbers = new double[formula.inputs().size()];
    for (int i = 0; i < values.length; i++) {
      for (int k = 0; k < numbers.length; k++) numbers[k] = formula.inputs().get(k)[i];
      FormulaError error = FormulaError.of(formula.op().expr(), numbers, ulps);
      bounds[i] = error.bound();
    }
    // half a unit, of a value that may just have crossed into the next power of two
    return new Expected.Near(shape, values, bounds, values, 0.5 + 0x1p-8);
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      double m = Math.abs(value);
      if (m > largest && m < Double.POSITIVE_INFINITY) largest = m;
    }
    return largest;
  }

  private static double[] filled(int count, double value) {
    double[] all = new double[count];
    Arrays.fill(all, value);
    return all;
  }

  /// The elementwise op that a case is made of, with its inputs stretched.
  private static final class Heard implements Trace.Listener {
    /// @param inputs the numbers of each, stretched to the result
    record Formula(Elementwise op, List<double[]> inputs) {}

    private final boolean wanted;
    private @Nullable Formula first;

    Heard(OpCase row) { this.wanted = row.tolerance() instanceof Tolerance.Formula; }

    @Override
    public void applied(Op op, List<Tensor> in, List<Tensor> out) {
      if (!wanted || first != null || !(op instanceof Elementwise elementwise)) return;
      Shape shape = out.getFirst().shape();
      first = new Formula(elementwise, in.stream().map(t -> Trace.silently(() -> t.broadcast(shape).toDoubles())).toList());
    }

    Formula formula() {
      if (first == null) throw new AssertionError("the case applies no elementwise op");
      return first;
    }
  }
}

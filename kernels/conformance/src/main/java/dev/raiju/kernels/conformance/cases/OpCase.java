package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// One row of the table: an op in one mode, and all that is checked and measured about it on every backend.
///
/// ```java
/// OpCase.of("square", (c, type) -> Sample.of(in -> in.get(0).square(), c.numbers(type, c.shape()))).gradient(Gradient.TWICE)
/// ```
///
/// @param name the op's name in messages, then the mode: `attention causal`
/// @param types the types it is run in
/// @param draw draws a case
/// @param benchmark draws the case that is measured
/// @param tolerance how far results may be from the reference
/// @param gradient how often it can be differentiated
/// @param specials examples with documented results
/// @param refusals examples that must be refused
/// @param large examples beyond an int's range
/// @param narrowArithmetic whether products are computed in a narrow type, so that bits may differ between the providers of a backend
public record OpCase(String name, List<DType> types, Draw draw, Draw benchmark, Tolerance tolerance, Gradient gradient,
    List<Special> specials, List<Refusal> refusals, List<LargeIndex> large, boolean narrowArithmetic) {
  /// The float types that every backend may compute in.
  public static final List<DType> FLOATS = List.of(DType.F32, DType.BF16, DType.F16);
  /// The types of numbers that can be computed with.
  public static final List<DType> NUMBERS = List.of(DType.F32, DType.BF16, DType.F16, DType.I32, DType.I64, DType.I8, DType.U8);
  /// Every type with single elements.
  public static final List<DType> ALL = List.of(DType.F32, DType.BF16, DType.F16, DType.I32, DType.I64, DType.I8, DType.U8,
      DType.BOOL,
      DType.I16, DType.U16, DType.U32, DType.U64, DType.F8_E4M3, DType.F8_E5M2);

  /// Draws a case for a type.
  @FunctionalInterface
  public interface Draw {
    Sample sample(Choices choices, DType type);
  }

  /// How often an op can be differentiated.
  public enum Gradient {
    /// Not at all: integers, random numbers, updates.
    NONE,
    /// Once; the gradient of its gradient is refused.
    ONCE,
    /// As often as one likes.
    TWICE
  }

  public OpCase {
    types = List.copyOf(types);
    specials = List.copyOf(specials);
    refusals = List.copyOf(refusals);
    large = List.copyOf(large);
  }

  /// A row in all float types, within [Tolerance#FORMULA], measured on a drawn case.
  public static OpCase of(String name, Draw draw) {
    return new OpCase(name, FLOATS, draw, draw, Tolerance.FORMULA, Gradient.NONE, List.of(), List.of(), List.of(), false);
  }

  public OpCase types(List<DType> types) {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, specials, refusals, large, narrowArithmetic);
  }

  public OpCase types(DType... types) { return types(List.of(types)); }

  /// The case that is measured: of a size at which speed matters.
  public OpCase benchmark(Draw benchmark) {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, specials, refusals, large, narrowArithmetic);
  }

  public OpCase within(Tolerance tolerance) {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, specials, refusals, large, narrowArithmetic);
  }

  public OpCase gradient(Gradient gradient) {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, specials, refusals, large, narrowArithmetic);
  }

  /// Adds an example in this row's float types, with one result.
  public OpCase special(String text, Function<List<Tensor>, Tensor> op, List<Value> inputs, double... expected) {
    return special(new Special(text, types.stream().filter(FLOATS::contains).toList(), inputs, in -> List.of(op.apply(in)), List
        .of(
            expected)));
  }

  public OpCase special(Special special) {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, plus(specials, special), refusals, large,
        narrowArithmetic);
  }

  /// Adds inputs that must be refused with this message.
  public OpCase refuses(String message, Function<List<Tensor>, ?> op, Spec... inputs) {
    return refuses(Refusal.of(message, op, inputs));
  }

  public OpCase refuses(Refusal refusal) {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, specials, plus(refusals, refusal), large,
        narrowArithmetic);
  }

  public OpCase large(LargeIndex example) {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, specials, refusals, plus(large, example),
        narrowArithmetic);
  }

  /// This row, whose products are computed in a narrow type.
  public OpCase ofNarrowArithmetic() {
    return new OpCase(name, types, draw, benchmark, tolerance, gradient, specials, refusals, large, true);
  }

  /// Whether results in a type must have the same bits for any number of threads and lanes: all but those of narrow floats.
  public boolean hasSameBits(DType type) {
    return tolerance instanceof Tolerance.Exact || !narrowArithmetic && !type.isBlock() && type != DType.BF16
        && type != DType.F16;
  }

  private static <T> List<T> plus(List<T> list, T more) {
    List<T> all = new ArrayList<>(list);
    all.add(more);
    return all;
  }

  @Override
  public String toString() { return name; }
}

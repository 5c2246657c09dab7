package dev.raiju.kernels.conformance.cases;

/// How far a result may be from the reference, which computes the same op in f64 on the same inputs.
///
/// For every rule, results that are no floats must be equal, NaN must meet NaN, and infinities the same infinity.
public sealed interface Tolerance {
  /// The bits that the reference gives in the same type: moves, integers, random numbers, codes.
  record Exact() implements Tolerance {}

  /// A formula: sums, differences and products are rounded, every other function is within `ulps` units in the last place of f32,
  /// and the error of a part is carried on to the result as its derivative says. A narrow result is that of f32, rounded.
  record Formula(double ulps) implements Tolerance {}

  /// At most `ulps + perTerm · terms` units in the last place of f32 at a magnitude, and for a narrow type `roundings` units in
  /// its own last place more.
  ///
  /// @param roundings 1/2 for an f32 result that is rounded once
  /// @param reason why the bound is enough and no larger
  record Bound(double ulps, double perTerm, double roundings, Magnitude magnitude, String reason) implements Tolerance {}

  /// At which number the last place is taken.
  enum Magnitude {
    /// Each element of the result itself.
    RESULT,
    /// The same op on the absolute values of the inputs: the sum of the absolute values of all terms.
    ABSOLUTES,
    /// What the sample says.
    GIVEN,
    /// The largest element of the result.
    LARGEST,
    /// The largest element of the result and of the inputs.
    LARGEST_OF_ALL
  }

  Tolerance EXACT = new Exact();

  /// 4 units, as the whole of Vulkan's and OpenCL's elementary functions promise or better.
  Tolerance FORMULA = new Formula(4);

  /// A sum of k terms in any order is within γ Σ|a·b|, γ = k u / (1 - k u), u half a unit: Higham 2002, "Accuracy and Stability
  /// of Numerical Algorithms", (3.5). A unit for each term is between γ and 2 γ.
  Tolerance SUM = new Bound(1, 1, 0.5, Magnitude.ABSOLUTES, "k terms in any order: between γ_k and 2 γ_k of Σ|a b|");

  /// A few functions around a sum, in f32: `ulps` units at the largest result.
  static Tolerance largest(double ulps, double perTerm, double roundings, String reason) {
    return new Bound(ulps, perTerm, roundings, Magnitude.LARGEST, reason);
  }
}

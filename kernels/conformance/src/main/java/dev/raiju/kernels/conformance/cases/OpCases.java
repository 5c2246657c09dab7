package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The table: every op in every mode that a kernel may treat apart. It is data about the public API and needs nothing else.
///
/// A new op is one row here; with it come forward cases against the reference, gradients, layouts, odd sizes, refusals and a
/// benchmark on every backend.
public final class OpCases {
  private static final List<OpCase> ALL = Stream.of(ViewCases.rows(), MoveCases.rows(), GeneratorCases.rows(), ElementwiseCases
      .rows(),
      ReductionCases.rows(), ProductCases.rows(), ConvolutionCases.rows(), IndexCases.rows(), BlockCases.rows(), NormCases.rows(),
      AttentionCases.rows(), CompositionCases.rows(), UpdateCases.rows()).flatMap(List::stream).toList();

  private OpCases() {}

  /// All rows, in a fixed order; their names differ.
  public static List<OpCase> all() { return ALL; }

  public static Optional<OpCase> named(String name) { return ALL.stream().filter(row -> row.name().equals(name)).findFirst(); }

  static Spec f32(long... sizes) { return Spec.of(DType.F32, sizes); }
}

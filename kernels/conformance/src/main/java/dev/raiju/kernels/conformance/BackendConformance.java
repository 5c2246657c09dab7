package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCase;
import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.backend.Backend;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// The tests that every backend passes. Extend it and name the backend:
///
/// ```java
/// class MyBackendTest extends BackendConformance {
///   @Override
///   protected Backend backend() { return new MyBackend(); }
/// }
/// ```
///
/// Each row of the table [OpCases] runs on the backend and on the reference device, which computes in f64: results, layouts, odd
/// sizes, gradients, special values, refusals, misuse, failures on the way, and places beyond 2^32. jqwik draws shapes, strides,
/// offsets, types and numbers and makes a failing case small; its message ends in a property that repeats it. Counts and the table
/// of kernels are printed at the end.
@TestInstance(Lifecycle.PER_CLASS)
public abstract class BackendConformance {
  /// The system property that names one case to repeat, as a failure prints it.
  public static final String REPEAT = "raiju.conformance.repeat";

  private @org.jspecify.annotations.Nullable Suite suite;

  /// For subclasses.
  protected BackendConformance() {}

  /// The backend under test; asked for once.
  protected abstract Backend backend();

  /// Which rows it computes by kernels of its own. State it, so that a kernel that gets lost fails the test.
  protected Support support() { return Support.undeclared(); }

  /// The rows to run: add one for each op of your own.
  protected List<OpCase> rows() { return OpCases.all(); }

  /// How many cases are drawn for each row and type, beside those at fixed sizes.
  protected int effort() { return 100; }

  /// How many cases must have run; more rows run with more kernels.
  protected long leastCases() { return 0; }

  /// The most elements that a tensor on this backend may have.
  protected long mostElements() { return Long.MAX_VALUE; }

  @BeforeAll
  public final void open() { suite = new Suite(backend(), support(), effort(), mostElements()); }

  @AfterAll
  public final void close() { running().close(); }

  private Suite running() {
    if (suite == null) throw new IllegalStateException("conformance: not opened");
    return suite;
  }

  /// Every row with its aspects, then the counts.
  @TestFactory
  public final Stream<DynamicNode> conforms() {
    String repeat = System.getProperty(REPEAT);
    if (repeat != null) return Stream.of(DynamicTest.dynamicTest(repeat, () -> repeat(repeat)));
    Stream<DynamicNode> all = rows().stream().map(this::container);
    return Stream.concat(all, Stream.of(DynamicTest.dynamicTest("enough cases ran", this::count)));
  }

  private DynamicContainer container(OpCase row) {
    return DynamicContainer.dynamicContainer(row.name(), Arrays.stream(Aspect.values()).map(aspect -> DynamicTest.dynamicTest(row
        .name() + ": "
        + aspect.label() + ": " + aspect.text(), () -> running().check(row, aspect))));
  }

  private void count() {
    Tally tally = running().tally();
    String name = getClass().getSimpleName();
    System.out.println(tally.summary(name));
    System.out.print(tally.table());
    System.out.println("  slowest: " + String.join(", ", tally.slowest(6)));
    if (tally.total() < leastCases())
      throw new AssertionError("conformance: " + name + ": " + tally.total() + " cases ran; must be at least " + leastCases());
  }

  private void repeat(String text) {
    String[] parts = text.split("\\|", 4);
    OpCase row = rows().stream().filter(r -> r.name().equals(parts[0])).findFirst().orElseThrow(
        () -> new IllegalArgumentException(REPEAT
            + ": no row called " + parts[0]));
    running().repeat(row, Aspect.valueOf(parts[1].toUpperCase(Locale.ROOT)), DType.parse(parts[2]), Plan.parse(
        parts[3]));
  }
}

/// A test kit: the table of operations as data, and the harness that runs a backend or a fused op through it.
///
/// JUnit and jqwik are needed by the harness alone: who reads the table, such as a benchmark, runs without them.
@org.jspecify.annotations.NullMarked module dev.raiju.kernels.conformance {
  requires static org.jspecify;
  requires transitive dev.raiju.tensor;
  requires dev.raiju.autograd;
  requires static transitive org.junit.jupiter.api;
  requires static net.jqwik.api;

  exports dev.raiju.kernels.conformance;
  exports dev.raiju.kernels.conformance.cases;

  // JUnit looks for the inherited tests by reflection
  opens dev.raiju.kernels.conformance;
}

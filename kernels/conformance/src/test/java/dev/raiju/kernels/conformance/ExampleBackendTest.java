package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.OpCases;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.backend.Backend;
import java.util.List;

/// How to test a backend of one's own.
class ExampleBackendTest extends BackendConformance {
  /// Rows with a fused op or an update, for which the reference has no kernels but definitions.
  static final List<String> DEFINED = List.of("variance", "log_sum_exp", "log_softmax", "cross_entropy", "adamw",
      "adamw of several", "moving_average", "moving_average of several", "squared_lengths", "assign", "muon_step");
  static final List<String> DEFINED_FAMILIES = List.of("linear", "feed_forward", "layer_norm", "rms_norm", "norm_backward",
      "modulated_layer_norm",
      "channel_norm", "group_norm", "attention", "rope");

  @Override
  protected Backend backend() { return new ExampleBackend(); }

  @Override
  protected Support support() {
    return loops().without("softmax", DType.BF16, DType.F16).partly("softmax", DType.F32);
  }

  /// What the reference's loops do.
  static Support loops() {
    Support support = Support.all().without("softmax");
    for (String row : DEFINED) support = support.without(row);
    for (var row : OpCases.all()) {
      boolean defined = DEFINED_FAMILIES.stream().anyMatch(row.name()::startsWith) && !row.name().equals("rope tables");
      if (defined) support = support.without(row.name());
    }
    return support;
  }

  @Override
  protected int effort() { return 8; }

  @Override
  protected long leastCases() { return 30_000; }

  @Override
  protected long mostElements() { return Integer.MAX_VALUE; }
}

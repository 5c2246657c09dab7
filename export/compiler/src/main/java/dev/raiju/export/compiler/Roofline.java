package dev.raiju.export.compiler;

import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.op.Cost;
import java.util.List;

/// The least time that a device could take, from public figures: each operation takes as long as its arithmetic at the peak rate or
/// its bytes at the peak bandwidth, whichever is longer. An estimate from below, and no measurement.
///
/// @param device its public name
/// @param flops a second, in f16
/// @param bandwidth bytes a second
public record Roofline(String device, double flops, double bandwidth) {
  /// Devices with published figures: the phone of the Lightning Video paper, and a large Mac.
  public static final List<Roofline> PUBLIC = List.of(new Roofline("A18 Pro", 2.2e12, 60e9), new Roofline("M3 Ultra, 60 cores",
      21.5e12, 819e9));

  /// Seconds for one run of a plan.
  public double seconds(PlacedGraph plan) {
    double seconds = 0;
    for (Node node : plan.graph().nodes()) {
      Cost cost = node.op().cost(node.specs());
      seconds += Math.max(cost.flops() / flops, cost.bytes() / bandwidth);
    }
    return seconds;
  }

  /// What one run of a plan computes and moves.
  public static Cost cost(PlacedGraph plan) {
    Cost total = Cost.NONE;
    for (Node node : plan.graph().nodes()) total = total.plus(node.op().cost(node.specs()));
    return total;
  }
}

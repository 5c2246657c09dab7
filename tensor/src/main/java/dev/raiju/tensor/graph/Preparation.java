package dev.raiju.tensor.graph;

import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import java.util.List;

/// Which nodes need to run only once, since they see nothing that differs between runs.
///
/// A node without inputs gives the same every time too, but costs little and may be large: it runs every time, unless what runs
/// once needs it.
final class Preparation {
  private Preparation() {}

  static boolean[] of(Graph graph) {
    List<Node> nodes = graph.nodes();
    boolean[] fixed = new boolean[graph.values().size()];
    for (int v = 0; v < fixed.length; v++) {
      fixed[v] = switch (graph.values().get(v)) {
        case Value.Weight _,Value.Constant _ -> true;
        case Value.Input _,Value.Computed _ -> false;
      };
    }
    boolean[] once = new boolean[nodes.size()];
    for (int i = 0; i < once.length; i++) {
      once[i] = nodes.get(i).in().stream().allMatch(in -> fixed[in.value()]);
      if (once[i]) nodes.get(i).out().forEach(out -> fixed[out.value()] = true);
    }
    boolean[] wanted = new boolean[fixed.length];
    for (int i = once.length - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (once[i] && node.in().isEmpty()) once[i] = node.out().stream().anyMatch(out -> wanted[out.value()]);
      if (once[i]) for (Use in : node.in()) wanted[in.value()] = true;
    }
    return once;
  }
}

package dev.raiju.tensor.graph;

import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import java.util.Arrays;
import java.util.List;

/// From when to when each value of a graph is needed: from what writes it to the last that reads it, both included. Inputs are there
/// from the beginning of a run, outputs stay to its end, and what is computed once stays for all runs.
///
/// @param first by number of the value, -1 for what is not needed or lies elsewhere
/// @param last by number of the value
record Lives(int[] first, int[] last) {
  /// @param order the nodes as they run
  /// @param prepared how many of them run only once, before the first run
  static Lives of(Graph graph, List<Node> order, int prepared) {
    List<Value> values = graph.values();
    int[] first = new int[values.size()];
    int[] last = new int[values.size()];
    Arrays.fill(first, -1);
    for (int t = 0; t < order.size(); t++) {
      for (Use out : order.get(t).out()) first[out.value()] = last[out.value()] = t;
      for (Use in : order.get(t).in()) {
        if (values.get(in.value()) instanceof Value.Input && first[in.value()] < 0) first[in.value()] = prepared;
        boolean stays = t >= prepared && first[in.value()] < prepared;
        last[in.value()] = stays ? order.size() : t;
      }
    }
    for (Use use : graph.outputs().values()) {
      if (values.get(use.value()) instanceof Value.Input && first[use.value()] < 0) first[use.value()] = prepared;
      last[use.value()] = order.size();
    }
    for (int v = 0; v < first.length; v++) {
      if (!(values.get(v) instanceof Value.Computed || values.get(v) instanceof Value.Input)) first[v] = -1;
    }
    return new Lives(first, last);
  }
}

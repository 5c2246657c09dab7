package dev.raiju.export.compiler;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Graph;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.graph.Plan;
import dev.raiju.tensor.graph.Replay;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

/// A plan in which nothing is computed twice: what depends on weights alone is a weight itself, and what the code wrote down too.
///
/// @param placed the plan
/// @param preparation from weights to those that are made of them, by name
/// @param constants what the code wrote down, by name
record Folded(PlacedGraph placed, Graph preparation, Map<String, Constant> constants) {
  /// Numbers and what they are read as.
  record Constant(Spec spec, MemorySegment contents) {}

  /// Folds a captured graph. Names of weights get the plan's name before them, since a bundle has one table of them.
  static Folded of(String name, Graph captured, Device device) {
    Plan plan = Plan.of(captured, device);
    int prepared = plan.counts().prepared();
    List<Node> before = plan.nodes().subList(0, prepared);
    List<Node> rest = plan.nodes().subList(prepared, plan.nodes().size());
    List<Value> values = new ArrayList<>(plan.graph().values());
    Map<String, Constant> constants = new LinkedHashMap<>();
    Map<Integer, DType> types = types(plan.graph());
    for (int v = 0; v < values.size(); v++) {
      // the model that was captured is closed by now: whoever writes the bundle loads it again
      if (values.get(v) instanceof Value.Weight(String own, Spec spec, _)) {
        values.set(v, new Value.Weight(name + "/" + own, spec, Optional.empty()));
      }
      if (values.get(v) instanceof Value.Constant(MemorySegment contents) && types.containsKey(v)) {
        DType type = Objects.requireNonNull(types.get(v));
        Spec spec = Spec.of(type, contents.byteSize() / type.unitBytes());
        constants.put(name + "/constant " + v, new Constant(spec, contents));
        values.set(v, new Value.Weight(name + "/constant " + v, spec, Optional.empty()));
      }
    }
    SequencedMap<String, Use> made = new LinkedHashMap<>();
    List<Value> after = new ArrayList<>(values);
    for (Node node : before) {
      for (Use out : node.out()) {
        if (!isRead(out.value(), rest, plan.graph())) continue;
        Shape flat = Shape.of(out.layout().shape().elements());
        String own = name + "/folded " + out.value();
        made.put(own, new Use(out.value(), out.dtype(), Layout.contiguous(flat)));
        after.set(out.value(), new Value.Weight(own, new Spec(out.dtype(), flat), Optional.empty()));
      }
    }
    Graph folded = trimmed(new Graph(after, rest, plan.graph().outputs()), true);
    return new Folded(Plan.of(folded, device).placed(), trimmed(new Graph(values, before, made), false), constants);
  }

  /// What each value is first looked at as.
  private static Map<Integer, DType> types(Graph graph) {
    Map<Integer, DType> types = new HashMap<>();
    for (Node node : graph.nodes()) node.in().forEach(use -> types.putIfAbsent(use.value(), use.dtype()));
    graph.outputs().values().forEach(use -> types.putIfAbsent(use.value(), use.dtype()));
    return types;
  }

  private static boolean isRead(int value, List<Node> nodes, Graph graph) {
    return nodes.stream().anyMatch(node -> node.in().stream().anyMatch(use -> use.value() == value)) || graph.outputs().values()
        .stream().anyMatch(use -> use.value() == value);
  }

  /// The graph without values that nothing looks at.
  ///
  /// @param inputs whether inputs stay all the same: a caller gives them
  private static Graph trimmed(Graph graph, boolean inputs) {
    boolean[] used = new boolean[graph.values().size()];
    for (Node node : graph.nodes()) {
      node.in().forEach(use -> used[use.value()] = true);
      node.out().forEach(use -> used[use.value()] = true);
    }
    graph.outputs().values().forEach(use -> used[use.value()] = true);
    int[] numbers = new int[used.length];
    List<Value> kept = new ArrayList<>();
    for (int v = 0; v < used.length; v++) {
      if (!used[v] && !(inputs && graph.values().get(v) instanceof Value.Input)) continue;
      numbers[v] = kept.size();
      kept.add(graph.values().get(v));
    }
    List<Node> nodes = graph.nodes().stream().map(node -> new Node(node.op(), renumbered(node.in(), numbers), renumbered(node
        .out(), numbers))).toList();
    SequencedMap<String, Use> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, use) -> outputs.put(name, renumbered(List.of(use), numbers).getFirst()));
    return new Graph(kept, nodes, outputs);
  }

  private static List<Use> renumbered(List<Use> uses, int[] numbers) {
    return uses.stream().map(use -> new Use(numbers[use.value()], use.dtype(), use.layout())).toList();
  }

  /// Every weight that is made here, owned by the scope that is open.
  ///
  /// @param weights of the model, by their names in the plan
  Map<String, Tensor> made(Map<String, Tensor> weights, Device device) {
    Map<String, Tensor> made = new LinkedHashMap<>();
    constants.forEach((name, constant) -> made.put(name, Tensor.of(constant.spec(), constant.contents().asSlice(0, constant.spec()
        .bytes()), device)));
    if (preparation.nodes().isEmpty()) return made;
    Map<String, Tensor> all = new LinkedHashMap<>(weights);
    all.putAll(made);
    try (Replay replay = Plan.of(preparation, device).replay(all)) {
      made.putAll(replay.run(Map.of()));
    }
    return made;
  }

  /// Bytes of the weights that the plan reads.
  long weightBytes() {
    return placed.graph().values().stream().filter(value -> value instanceof Value.Weight).mapToLong(Value::bytes).sum();
  }
}

package dev.raiju.tensor.graph;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.backend.Backend;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Joins a formula with the one that it feeds, where nothing else reads what goes between them: that result is never stored.
///
/// Only f32 in and out: formulas are computed in f32, so that the joined one gives the same bits as the two.
final class ElementwiseFusion {
  /// Longer formulas need more room for what lies between their parts than they save.
  private static final int MOST_OPERATIONS = 48;
  private static final int MOST_INPUTS = 8;

  private final Graph graph;
  private final Backend backend;
  private final int[] readers;
  private final Node[] producers;

  private ElementwiseFusion(Graph graph, Backend backend) {
    this.graph = graph;
    this.backend = backend;
    this.readers = new int[graph.values().size()];
    this.producers = new Node[graph.values().size()];
  }

  static Graph of(Graph graph, Backend backend) { return new ElementwiseFusion(graph, backend).fused(); }

  private Graph fused() {
    for (Node node : graph.nodes()) node.in().forEach(use -> readers[use.value()]++);
    // an output has one more reader: the caller
    graph.outputs().values().forEach(use -> readers[use.value()]++);
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Node joined = node;
      for (Optional<Node> next = joined(joined); next.isPresent(); next = joined(joined)) joined = next.get();
      for (Use out : joined.out()) producers[out.value()] = joined;
      nodes.add(joined);
    }
    return new Graph(graph.values(), nodes, graph.outputs()).needed();
  }

  /// A node with one of its inputs computed inside it, if one can be.
  private Optional<Node> joined(Node node) {
    if (!(node.op() instanceof Elementwise outer) || !isFloat(node)) return Optional.empty();
    for (int i = 0; i < node.in().size(); i++) {
      Use between = node.in().get(i);
      Node producer = producers[between.value()];
      if (producer == null || !(producer.op() instanceof Elementwise inner) || !isFloat(producer)) continue;
      boolean whole = producer.out().getFirst().equals(between) && between.spec().equals(node.out().getFirst().spec());
      if (!whole || readers[between.value()] > 1) continue;
      Optional<Node> joined = join(node, outer, i, producer, inner);
      if (joined.isPresent()) return joined;
    }
    return Optional.empty();
  }

  private static boolean isFloat(Node node) {
    return node.out().getFirst().dtype() == DType.F32 && node.in().stream().allMatch(use -> use.dtype() == DType.F32);
  }

  private Optional<Node> join(Node node, Elementwise outer, int at, Node producer, Elementwise inner) {
    List<Use> in = new ArrayList<>();
    List<Expr> innerInputs = producer.in().stream().map(use -> input(in, use)).toList();
    Expr value = inner.expr().substitute(innerInputs);
    List<Expr> outerInputs = new ArrayList<>();
    for (int i = 0; i < node.in().size(); i++) outerInputs.add(i == at ? value : input(in, node.in().get(i)));
    Expr expr = outer.expr().substitute(outerInputs);
    if (in.size() > MOST_INPUTS || expr.operations() > MOST_OPERATIONS) return Optional.empty();
    Elementwise op = new Elementwise(inner.label() + "_" + outer.label(), expr);
    Node joined = new Node(op, in, node.out());
    return laidOutAlike(joined) ? Optional.of(joined) : Optional.empty();
  }

  private static Expr input(List<Use> in, Use use) {
    int known = in.indexOf(use);
    if (known >= 0) return Expr.in(known);
    in.add(use);
    return Expr.in(in.size() - 1);
  }

  /// Whether the joined kernel takes its inputs as they are and puts its result where the readers look for it.
  private boolean laidOutAlike(Node joined) {
    Optional<Kernel> kernel = backend.kernel(joined.op(), joined.specs());
    if (kernel.isEmpty()) return false;
    Use out = joined.out().getFirst();
    var layouts = joined.in().stream().map(Use::layout).toList();
    for (int i = 0; i < layouts.size(); i++) if (!kernel.get().takes(i, layouts.get(i))) return false;
    return kernel.get().layout(0, new Spec(out.dtype(), out.layout().shape()), layouts).equals(out.layout());
  }
}

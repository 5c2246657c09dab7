package dev.raiju.export.runtime;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.graph.Graph;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.PlacedGraph;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Op;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// A plan as JSON: its memory, its values with their places, its operations in order, its outputs.
final class GraphForm {
  private GraphForm() {}

  // ---- writing

  static Json.Obj write(PlacedGraph placed) {
    Graph graph = placed.graph();
    List<Json> values = new ArrayList<>();
    for (int v = 0; v < graph.values().size(); v++) values.add(write(graph.values().get(v), placed.offsets().get(v)));
    List<Json> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) nodes.add(OpForm.write(node.op()).with("in", uses(node.in())).with("out", uses(node.out())));
    Json.Obj outputs = Json.object();
    for (var output : graph.outputs().entrySet()) outputs = outputs.with(output.getKey(), write(output.getValue()));
    return Json.object().with("memory", placed.bytes()).with("values", new Json.Arr(values)).with("nodes", new Json.Arr(nodes))
        .with("outputs", outputs);
  }

  private static Json write(Value value, long offset) {
    Json.Obj json = switch (value) {
      case Value.Weight weight -> Json.object().with("weight", weight.name());
      case Value.Input(String name, Spec spec) -> OpForm.spec(spec, Json.object().with("input", name));
      case Value.Computed(long bytes) -> Json.object().with("bytes", bytes);
      case Value.Constant _ -> throw new IllegalArgumentException("bundle: a constant without a name; make it a weight");
    };
    return offset == PlacedGraph.ELSEWHERE ? json : json.with("offset", offset);
  }

  private static Json.Arr uses(List<Use> uses) { return new Json.Arr(uses.stream().map(GraphForm::write).toList()); }

  private static Json write(Use use) {
    Json.Obj json = OpForm.spec(use.spec(), Json.object().with("value", use.value()));
    Layout layout = use.layout();
    if (!layout.equals(Layout.contiguous(layout.shape())))
      json = json.with("strides", OpForm.integers(layout.strides())).with("from", layout.offset());
    return json;
  }

  // ---- reading

  /// @param weights what there is in the file of weights
  static PlacedGraph read(Fields in, WeightTable weights) throws IOException {
    List<Value> values = new ArrayList<>();
    List<Long> offsets = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Fields value : in.objects("values")) {
      values.add(value(value, weights, names));
      offsets.add(value.integer("offset", PlacedGraph.ELSEWHERE));
      value.refuseUnknown();
    }
    List<Node> nodes = new ArrayList<>();
    for (Fields node : in.objects("nodes")) nodes.add(node(node));
    SequencedMap<String, Use> outputs = new LinkedHashMap<>();
    Fields named = in.object("outputs");
    for (String name : named.names()) outputs.put(name, use(named.object(name)));
    long bytes = in.integer("memory");
    in.refuseUnknown();
    try {
      return new PlacedGraph(new Graph(values, nodes, outputs), offsets, bytes);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw in.refuse("nodes", String.valueOf(e.getMessage()));
    }
  }

  private static Value value(Fields in, WeightTable weights, Set<String> names) throws IOException {
    if (in.has("weight")) {
      String name = in.string("weight");
      Spec spec = weights.spec(name).orElseThrow(() -> in.refuse("weight", "no weight " + name + " in the table"));
      return new Value.Weight(name, spec, Optional.empty());
    }
    if (!in.has("input")) return new Value.Computed(in.integer("bytes"));
    if (!names.add(in.string("input"))) throw in.refuse("input", in.string("input") + ": named twice");
    return new Value.Input(in.string("input"), spec(in));
  }

  private static Spec spec(Fields in) throws IOException {
    try {
      return OpForm.spec(in);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw in.refuse("shape", String.valueOf(e.getMessage()));
    }
  }

  private static Use use(Fields in) throws IOException {
    Spec spec = spec(in);
    int value = in.integer("value", 0, Integer.MAX_VALUE);
    Layout layout = Layout.contiguous(spec.shape());
    if (in.has("strides")) layout = strided(in, spec);
    in.refuseUnknown();
    return new Use(value, spec.dtype(), layout);
  }

  /// Strides are bounded, so that no sum of them wraps around.
  private static Layout strided(Fields in, Spec spec) throws ModelFormatException {
    long[] strides = in.integers("strides");
    long reach = Math.abs(in.integer("from", 0));
    if (strides.length != spec.rank()) throw in.refuse("strides", strides.length + " of them for " + spec.shape());
    try {
      for (int i = 0; i < strides.length; i++) {
        reach = Math.addExact(reach, Math.multiplyExact(Math.absExact(strides[i]), Math.max(1, spec.size(i))));
      }
    } catch (ArithmeticException e) {
      throw in.refuse("strides", "reach further than 63 bits count");
    }
    return Layout.of(spec.shape(), strides, in.integer("from", 0));
  }

  private static Node node(Fields in) throws IOException {
    List<Use> operands = new ArrayList<>();
    for (Fields use : in.objects("in")) operands.add(use(use));
    List<Use> results = new ArrayList<>();
    for (Fields use : in.objects("out")) results.add(use(use));
    try {
      Op op = OpForm.read(in);
      Node node = new Node(op, operands, results);
      List<Spec> given = op.infer(node.specs());
      List<Spec> told = results.stream().map(Use::spec).toList();
      if (!given.equals(told))
        throw in.refuse("out", op.name() + " of " + node.specs() + " gives " + given + "; the file says " + told);
      if (!results.stream().allMatch(use -> use.layout().isDense() && use.layout().offset() == 0))
        throw in.refuse("out", op.name() + " writes with gaps; needs a dense layout from 0 on");
      in.refuseUnknown();
      return node;
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException | NoSuchElementException e) {
      // an operation that is asked about other inputs than it has says so in its own way
      throw in.refuse("op", String.valueOf(e.getMessage()));
    }
  }
}

package dev.raiju.tensor.graph;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.UnsupportedOpException;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.MemoryPlan.Life;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// A graph made ready for one device: a kernel for every operation, copies where a kernel does not take a layout, and a fixed place
/// in memory for every result. It holds no memory itself; [#replay] gives it some.
///
/// What depends on weights alone is computed once, before the first run.
public final class Plan {
  /// A kernel and what it works on.
  record Step(Kernel kernel, Op op, List<Use> in, List<Use> out) {
    Node node() { return new Node(op, in, out); }
  }

  private final Graph graph;
  private final Device device;
  private final List<Step> steps;
  private final int prepared;
  private final int[] places;
  private final boolean[] used;
  private final MemoryPlan memory;

  private Plan(Graph graph, Device device, List<Step> steps, int prepared, int[] places, MemoryPlan memory) {
    this.graph = graph;
    this.device = device;
    this.steps = steps;
    this.prepared = prepared;
    this.places = places;
    this.memory = memory;
    this.used = new boolean[graph.values().size()];
    graph.outputs().values().forEach(use -> used[use.value()] = true);
    for (Step step : steps) {
      step.in().forEach(use -> used[use.value()] = true);
      step.out().forEach(use -> used[use.value()] = true);
    }
  }

  /// Plans a graph that was captured for this device.
  ///
  /// @throws UnsupportedOpException if the device has no kernel for one of its operations
  public static Plan of(Graph captured, Device device) {
    return of(Chosen.of(ElementwiseFusion.of(captured, device.backend()), device), device);
  }

  private static Plan of(Chosen chosen, Device device) {
    Graph whole = new Graph(chosen.values, chosen.nodes, chosen.graph.outputs());
    boolean[] once = Preparation.of(whole);
    List<Step> steps = new ArrayList<>();
    for (boolean first : new boolean[] {true, false}) {
      for (int i = 0; i < once.length; i++) if (once[i] == first) steps.add(chosen.steps.get(i));
    }
    int prepared = Math.toIntExact(IntStream.range(0, once.length).filter(i -> once[i]).count());
    List<Life> lives = new ArrayList<>();
    int[] places = lives(whole, steps, prepared, lives);
    return new Plan(whole, device, steps, prepared, places, MemoryPlan.of(lives));
  }

  /// Plans a graph that has its order and its places already: nothing is joined or moved. A device that lays tensors out otherwise
  /// than the one that it was planned for gets copies between the two, and then new places for everything.
  ///
  /// @throws UnsupportedOpException if the device has no kernel for one of its operations
  public static Plan of(PlacedGraph placed, Device device) {
    Graph graph = placed.graph();
    Chosen chosen = Chosen.of(graph, device);
    if (chosen.nodes.size() > graph.nodes().size()) return of(chosen, device);
    return new Plan(graph, device, chosen.steps, 0, lives(graph, chosen.steps, 0, new ArrayList<>()), placed.memory());
  }

  /// Nodes with their kernels, and the copies that they need.
  private static final class Chosen {
    private final Graph graph;
    private final Device device;
    private final List<Value> values;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final Map<Use, Use> copies = new HashMap<>();

    private Chosen(Graph graph, Device device) {
      this.graph = graph;
      this.device = device;
      this.values = new ArrayList<>(graph.values());
    }

    static Chosen of(Graph graph, Device device) {
      Chosen chosen = new Chosen(graph, device);
      graph.nodes().forEach(chosen::add);
      return chosen;
    }

    private void add(Node node) {
      Kernel kernel = kernel(node, device);
      List<Use> in = new ArrayList<>();
      for (int i = 0; i < node.in().size(); i++) {
        Use use = node.in().get(i);
        in.add(kernel.takes(i, use.layout()) ? use : copies.computeIfAbsent(use, this::copied));
      }
      List<Layout> layouts = in.stream().map(Use::layout).toList();
      List<Use> out = new ArrayList<>();
      for (int i = 0; i < node.out().size(); i++) {
        Use use = node.out().get(i);
        Layout given = kernel.layout(i, use.spec(), layouts);
        out.add(given.equals(use.layout()) ? use : added(use, given));
      }
      keep(kernel, new Node(node.op(), in, out));
      for (int i = 0; i < out.size(); i++) {
        if (!out.get(i).equals(node.out().get(i))) copy(out.get(i), node.out().get(i));
      }
    }

    private Use copied(Use use) {
      Use copy = added(use, Layout.contiguous(use.layout().shape()));
      copy(use, copy);
      return copy;
    }

    /// A new value that is looked at as another, but for its layout.
    private Use added(Use use, Layout layout) {
      values.add(new Value.Computed(use.spec().bytes()));
      return new Use(values.size() - 1, use.dtype(), layout);
    }

    private void copy(Use from, Use to) {
      Node node = new Node(new Copy(), List.of(from), List.of(to));
      keep(kernel(node, device), node);
    }

    private void keep(Kernel kernel, Node node) {
      nodes.add(node);
      steps.add(new Step(kernel, node.op(), node.in(), node.out()));
    }

    private static Kernel kernel(Node node, Device device) {
      return device.backend().kernel(node.op(), node.specs()).orElseThrow(() -> new UnsupportedOpException("plan: " + node.op()
          .name() + ": no kernel: " + device + ", " + node.specs() + "; capture for this device"));
    }
  }

  /// When each value is needed, for those that lie in the plan's memory.
  ///
  /// @return the place of each value among `lives`, -1 for what lies elsewhere
  private static int[] lives(Graph graph, List<Step> steps, int prepared, List<Life> lives) {
    Lives needed = Lives.of(graph, steps.stream().map(Step::node).toList(), prepared);
    int[] places = new int[graph.values().size()];
    for (int v = 0; v < places.length; v++) {
      boolean placed = needed.first()[v] >= 0;
      places[v] = placed ? lives.size() : -1;
      if (placed) lives.add(new Life(graph.values().get(v).bytes(), needed.first()[v], needed.last()[v]));
    }
    return places;
  }

  /// The graph with the copies that this device needs.
  public Graph graph() { return graph; }

  /// What it is for.
  public Device device() { return device; }

  /// Where results lie; weights, and what kernels take for themselves, come on top.
  public MemoryPlan memory() { return memory; }

  /// How many kernels run, and how many of them only before the first run.
  public record Counts(int steps, int prepared) {}

  public Counts counts() { return new Counts(steps.size(), prepared); }

  /// The nodes in the order in which they run; the first [Counts#prepared] of them run once.
  public List<Node> nodes() { return steps.stream().map(Step::node).toList(); }

  /// The plan as data.
  ///
  /// @throws IllegalStateException if something runs only once, before the first run: that depends on weights alone, and is a weight
  /// where a plan is stored
  public PlacedGraph placed() {
    if (prepared > 0)
      throw new IllegalStateException("plan: " + prepared + " operations run once; make what they give weights first");
    List<Long> offsets = IntStream.of(places).mapToObj(place -> place < 0
        ? Long.valueOf(PlacedGraph.ELSEWHERE)
        : memory.offsets()
            .get(place)).toList();
    return new PlacedGraph(new Graph(graph.values(), nodes(), graph.outputs()), offsets, memory.bytes());
  }

  /// The most that a kernel takes from the pool for itself.
  public long scratchBytes() {
    try (Operands operands = Operands.nowhere(steps, graph, device)) {
      return operands.calls().stream().mapToLong(Operands.Call::scratchBytes).max().orElse(0);
    }
  }

  List<Step> steps() { return steps; }

  /// Whether any step or output looks at a value.
  boolean isUsed(int value) { return used[value]; }

  /// The offset of a value that lies in the plan's memory.
  long offset(int value) { return memory.offsets().get(places[value]); }

  /// Takes memory, binds the weights and computes what depends on them alone.
  ///
  /// @param weights by the names that the capture gave them; those whose contents the capture saw may be left out
  /// @throws IllegalArgumentException if one is missing or of another kind
  public Replay replay(Map<String, Tensor> weights) { return Replay.of(this, weights); }
}

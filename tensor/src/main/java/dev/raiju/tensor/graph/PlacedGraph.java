package dev.raiju.tensor.graph;

import dev.raiju.tensor.backend.BlockPool;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.graph.MemoryPlan.Life;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// A graph in the order in which it runs, with a place in memory for every input and result: a [Plan] as data, which a file can
/// hold and any interpreter can run.
///
/// @param offsets in bytes, by number of the value; [#ELSEWHERE] for weights, constants and what is not needed
/// @param bytes of the memory
public record PlacedGraph(Graph graph, List<Long> offsets, long bytes) {
  /// The offset of what has no place in the memory.
  public static final long ELSEWHERE = -1;

  /// @throws IllegalArgumentException if something is read before it is written, written twice, reaches out of its value or of the
  /// memory, or lies where something else is that is needed at the same time
  public PlacedGraph {
    offsets = List.copyOf(offsets);
    require(offsets.size() == graph.values().size(), "%d offsets for %d values", offsets.size(), graph.values().size());
    order(graph);
    Lives lives = Lives.of(graph, graph.nodes(), 0);
    for (int v = 0; v < offsets.size(); v++) {
      boolean placed = lives.first()[v] >= 0;
      long offset = offsets.get(v);
      require(placed == (offset != ELSEWHERE), placed ? "value %d has no place" : "value %d has a place and needs none", v);
      long size = graph.values().get(v).bytes();
      require(!placed || offset >= 0 && offset % BlockPool.ALIGNMENT == 0 && size >= 0 && size <= bytes && offset <= bytes - size,
          "value %d: %d bytes at %d of %d; needs a multiple of %d inside", v, size, offset, bytes, BlockPool.ALIGNMENT);
    }
    apart(graph, offsets, lives);
  }

  private static void require(boolean holds, String format, Object... values) {
    if (!holds) throw new IllegalArgumentException("plan: " + String.format(Locale.ROOT, format, values));
  }

  /// Every value is written once, before it is read, and no look at it leaves it.
  private static void order(Graph graph) {
    boolean[] there = new boolean[graph.values().size()];
    for (int v = 0; v < there.length; v++) there[v] = !(graph.values().get(v) instanceof Value.Computed);
    int at = 0;
    for (Node node : graph.nodes()) {
      for (Use in : node.in()) read(graph, there, in, node.op().name() + " at " + at);
      for (Use out : node.out()) {
        inside(graph, out, node.op().name() + " at " + at);
        require(!there[out.value()], "%s at %d writes value %d, which is there already", node.op().name(), at, out.value());
        there[out.value()] = true;
      }
      at++;
    }
    graph.outputs().forEach((name, use) -> read(graph, there, use, "output " + name));
  }

  private static void read(Graph graph, boolean[] there, Use use, String reader) {
    inside(graph, use, reader);
    require(there[use.value()], "%s reads value %d before anything writes it", reader, use.value());
  }

  private static void inside(Graph graph, Use use, String user) {
    require(use.value() >= 0 && use.value() < graph.values().size(), "%s: no value %d; there are %d", user, use.value(), graph
        .values().size());
    long units = graph.values().get(use.value()).bytes() / use.dtype().unitBytes();
    boolean inside = use.layout().shape().elements() == 0 || use.layout().firstIndex() >= 0 && use.layout().lastIndex() / use
        .dtype().unit() < units;
    require(inside, "%s: %s %s reaches out of value %d of %d bytes", user, use.dtype(), use.layout(), use.value(), graph.values()
        .get(use.value()).bytes());
  }

  /// Goes through the run with what is in memory sorted by its place: only neighbours can overlap.
  private static void apart(Graph graph, List<Long> offsets, Lives lives) {
    int end = graph.nodes().size();
    List<List<Integer>> born = new ArrayList<>(IntStream.rangeClosed(0, end).mapToObj(
        _ -> (List<Integer>) new ArrayList<Integer>()).toList());
    List<List<Integer>> gone = new ArrayList<>(IntStream.rangeClosed(0, end).mapToObj(
        _ -> (List<Integer>) new ArrayList<Integer>()).toList());
    for (int v = 0; v < offsets.size(); v++) {
      if (lives.first()[v] < 0 || graph.values().get(v).bytes() == 0) continue;
      born.get(lives.first()[v]).add(v);
      gone.get(lives.last()[v]).add(v);
    }
    TreeMap<Long, Integer> there = new TreeMap<>();
    for (int t = 0; t <= end; t++) {
      for (int v : born.get(t)) {
        long begin = offsets.get(v);
        Map.Entry<Long, Integer> before = there.lowerEntry(begin + graph.values().get(v).bytes());
        if (before != null) {
          long until = before.getKey() + graph.values().get(before.getValue()).bytes();
          require(until <= begin, "values %d and %d are needed at the same time and overlap", before.getValue(), v);
        }
        there.put(begin, v);
      }
      gone.get(t).forEach(v -> there.remove(offsets.get(v)));
    }
  }

  /// What the places come to: the block, the least that any placement takes, and the sum without sharing.
  public MemoryPlan memory() {
    Lives lives = Lives.of(graph, graph.nodes(), 0);
    List<Life> placed = new ArrayList<>();
    List<Long> places = new ArrayList<>();
    for (int v = 0; v < offsets.size(); v++) {
      if (lives.first()[v] < 0) continue;
      placed.add(new Life(graph.values().get(v).bytes(), lives.first()[v], lives.last()[v]));
      places.add(offsets.get(v));
    }
    return MemoryPlan.of(placed, places, bytes);
  }
}

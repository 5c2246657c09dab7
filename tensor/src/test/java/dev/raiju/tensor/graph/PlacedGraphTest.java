package dev.raiju.tensor.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Graph.Node;
import dev.raiju.tensor.graph.Graph.Use;
import dev.raiju.tensor.graph.Graph.Value;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Softmax;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class PlacedGraphTest {
  private static final Device DEVICE = Device.reference();
  private static final Spec X = Spec.of(DType.F32, 4, 8);
  private static final long BYTES = X.bytes();
  private static final Elementwise TWICE = new Elementwise("twice", Expr.in(0).mul(2));

  private static Use use(int value) { return new Use(value, DType.F32, Layout.contiguous(X.shape())); }

  private static SequencedMap<String, Use> outputs(int value) {
    SequencedMap<String, Use> outputs = new LinkedHashMap<>();
    outputs.put("y", use(value));
    return outputs;
  }

  private static Node twice(int in, int out) { return new Node(TWICE, List.of(use(in)), List.of(use(out))); }

  /// `x` to `4 x` by way of `2 x`.
  private static Graph chain(Node... nodes) {
    List<Value> values = List.of(new Value.Input("x", X), new Value.Computed(BYTES), new Value.Computed(BYTES));
    return new Graph(values, List.of(nodes), outputs(2));
  }

  private static String refusal(Graph graph, long bytes, long... offsets) {
    List<Long> places = Arrays.stream(offsets).boxed().toList();
    return assertThrows(IllegalArgumentException.class, () -> new PlacedGraph(graph, places, bytes)).getMessage();
  }

  @Test
  void runsInItsOwnPlaces() {
    PlacedGraph placed = new PlacedGraph(chain(twice(0, 1), twice(1, 2)), List.of(0L, BYTES, 0L), 2 * BYTES);
    assertEquals(2 * BYTES, placed.memory().leastBytes());
    assertEquals(3 * BYTES, placed.memory().sumBytes());
    try (Scope _ = Scope.open(); Replay replay = Plan.of(placed, DEVICE).replay(Map.of())) {
      Tensor x = Rng.of(1).normal(DEVICE, 4, 8);
      assertArrayEquals(x.mul(4).toFloats(), replay.run(Map.of("x", x)).get("y").toFloats());
    }
  }

  @Test
  void isWhatAPlanCanGive() {
    try (Scope _ = Scope.open(); Capture capture = Capture.on(DEVICE)) {
      Tensor y = Softmax.softmax(capture.input("x", X).transpose(), -1);
      SequencedMap<String, Tensor> wanted = new LinkedHashMap<>();
      wanted.put("y", y);
      Plan plan = Plan.of(capture.graph(wanted), DEVICE);
      Plan again = Plan.of(plan.placed(), DEVICE);
      assertEquals(plan.nodes(), again.nodes());
      assertEquals(plan.memory(), again.memory());
    }
  }

  @Test
  void refusesACycle() {
    assertEquals("plan: twice at 0 reads value 2 before anything writes it", refusal(chain(twice(2, 1), twice(1, 2)), 3 * BYTES,
        0, BYTES, 2 * BYTES));
  }

  @Test
  void refusesAValueThatIsWrittenTwice() {
    assertEquals("plan: twice at 1 writes value 2, which is there already", refusal(chain(twice(0, 2), twice(0, 2)), 3 * BYTES, 0,
        BYTES, 2 * BYTES));
  }

  @Test
  void refusesWhatOverlapsWhileItIsNeeded() {
    Graph graph = chain(twice(0, 1), twice(1, 2));
    assertEquals("plan: values 0 and 1 are needed at the same time and overlap", refusal(graph, 3 * BYTES, 0, 64, 2 * BYTES));
    assertEquals("plan: values 1 and 2 are needed at the same time and overlap", refusal(graph, 3 * BYTES, 2 * BYTES, 0, 64));
  }

  @Test
  void refusesPlacesOutsideOfTheMemory() {
    Graph graph = chain(twice(0, 1), twice(1, 2));
    for (long offset : new long[] {BYTES + 64, -64, 7, Long.MAX_VALUE - 63}) {
      assertEquals("plan: value 1: 128 bytes at " + offset + " of 256; needs a multiple of 64 inside", refusal(graph, 2 * BYTES,
          0,
          offset, 0));
    }
    assertEquals("plan: value 1 has no place", refusal(graph, 2 * BYTES, 0, -1, 0));
  }

  @Test
  void refusesALookOutsideOfItsValue() {
    Use far = new Use(0, DType.F32, Layout.of(Shape.of(4, 8), new long[] {8, 1}, 1));
    Graph graph = chain(new Node(TWICE, List.of(far), List.of(use(1))), twice(1, 2));
    assertEquals("plan: twice at 0: f32 " + far.layout() + " reaches out of value 0 of 128 bytes", refusal(graph, 3 * BYTES, 0,
        BYTES, 2 * BYTES));
    Graph none = chain(new Node(TWICE, List.of(use(3)), List.of(use(1))), twice(1, 2));
    assertEquals("plan: twice at 0: no value 3; there are 3", refusal(none, 3 * BYTES, 0, BYTES, 2 * BYTES));
  }
}

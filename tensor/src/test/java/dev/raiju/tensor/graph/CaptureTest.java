package dev.raiju.tensor.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Softmax;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CaptureTest {
  private static final Spec X = Spec.of(DType.F32, 2, 9, 4, 6);
  private static final Spec T = Spec.of(DType.F32, 2);

  private final Device device = Device.reference();
  private final Capture capture = Capture.on(device);
  private Scope scope;

  @BeforeEach
  void open() { scope = Scope.open(); }

  @AfterEach
  void close() {
    scope.close();
    capture.close();
  }

  /// With views, copies of layouts, constants, a table of its own, what depends on weights alone, and formulas in a chain.
  private static Tensor program(Tensor x, Tensor t, Tensor w) {
    Device device = x.device();
    Tensor attended = Attention.attention(x, x.mul(2), x.permute(0, 1, 2, 3).add(1));
    Tensor table = Tensor.iota(DType.F32, 24, device).mul(0.1).exp();
    Tensor shift = Tensor.of(Spec.of(DType.F32, 2), MemorySegment.ofArray(new float[] {0.25f, -3}), device);
    Tensor y = Linear.linear(attended.flatten(2, 4).mul(table), w.transpose(0, 1).contiguous().mul(0.5), Tensor.full(Spec.of(
        DType.F32, 24), 0.5, device));
    Tensor z = Elementwise.geluTanh(y.add(t.reshape(2, 1, 1)).mul(y).sub(shift.reshape(2, 1, 1)));
    return Softmax.softmax(z.transpose(1, 2).slice(1, 3, 12).sum(2), -1);
  }

  private static SequencedMap<String, Tensor> outputs(String name, Tensor tensor) {
    SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
    outputs.put(name, tensor);
    return outputs;
  }

  private Plan planned() {
    Tensor w = Tensor.full(Spec.of(DType.F32, 24, 24), 0, capture.device());
    capture.weights(Map.of("w", w));
    Tensor y = program(capture.input("x", X), capture.input("t", T), w);
    return Plan.of(capture.graph(outputs("y", y)), device);
  }

  private Tensor random(Spec spec, int seed) { return Rng.of(seed).normal(device, spec.shape().sizes()); }

  /// The reference rounds formulas once, at their end, so that joined ones differ in the last bit.
  private static void assertClose(Tensor wanted, Tensor got) {
    assertTrue(wanted.sub(got).abs().max().toFloats()[0] <= 1e-6 * wanted.abs().max().toFloats()[0]);
  }

  @Test
  void replaysWhatTheCodeComputes() {
    Plan plan = planned();
    Tensor w = random(Spec.of(DType.F32, 24, 24), 1);
    try (Replay replay = plan.replay(Map.of("w", w))) {
      for (int seed = 2; seed < 5; seed++) {
        Tensor x = random(X, seed).transpose(2, 3).contiguous().transpose(2, 3);
        Tensor t = random(T, seed + 10);
        Tensor again = replay.run(Map.of("x", x, "t", t)).get("y");
        assertClose(program(x, t, w), again);
      }
    }
    assertTrue(plan.counts().prepared() >= 3, plan.counts().toString());
    assertTrue(plan.memory().bytes() <= 1.15 * plan.memory().leastBytes(), plan.memory().toString());
  }

  @Test
  void joinsFormulasInAChain() {
    Tensor x = capture.input("x", X);
    Tensor table = Tensor.iota(DType.F32, 6, capture.device());
    Graph graph = capture.graph(outputs("y", Elementwise.silu(x.mul(table).add(x)).mul(x)));
    assertEquals(5, graph.nodes().size());
    Plan plan = Plan.of(graph, device);
    assertEquals(2, plan.counts().steps());
    Tensor real = random(X, 7);
    Tensor realTable = Tensor.iota(DType.F32, 6, device);
    try (Replay replay = plan.replay(Map.of())) {
      assertClose(Elementwise.silu(real.mul(realTable).add(real)).mul(real), replay.run(Map.of("x", real)).get("y"));
    }
  }

  @Test
  void keepsWhatIsReadTwice() {
    Tensor x = capture.input("x", X);
    Tensor twice = x.mul(2);
    SequencedMap<String, Tensor> outputs = outputs("a", twice.add(1));
    outputs.put("b", twice);
    assertEquals(2, Plan.of(capture.graph(outputs), device).counts().steps());
  }

  @Test
  void givesItsMemoryBack() {
    Plan plan = planned();
    Tensor w = random(Spec.of(DType.F32, 24, 24), 1);
    long live = HostMemory.liveBuffers();
    try (Replay replay = plan.replay(Map.of("w", w)); Scope _ = Scope.open()) {
      replay.run(Map.of("x", random(X, 2), "t", random(T, 3)));
    }
    assertEquals(live, HostMemory.liveBuffers());
  }

  @Test
  void refusesToReadAValue() {
    Tensor x = capture.input("x", X);
    assertThrows(IllegalStateException.class, x.mul(2)::toFloats);
  }

  @Test
  void refusesWhatWouldBeTheSameInEveryRun() {
    Tensor y = capture.input("x", X).add(Rng.of(1).normal(capture.device(), 6));
    String message = assertThrows(IllegalStateException.class, () -> capture.graph(outputs("y", y))).getMessage();
    assertEquals("capture: random_draw: every run would draw the same numbers; give them as an input", message);
  }

  @Test
  void refusesUpdates() {
    Tensor x = capture.input("x", X);
    Tensor y = x.mul(2);
    assertThrows(IllegalStateException.class, () -> Assign.assign(y, x));
  }

  @Test
  void refusesInputsThatDoNotFit() {
    Plan plan = planned();
    Tensor w = random(Spec.of(DType.F32, 24, 24), 1);
    assertThrows(IllegalArgumentException.class, () -> plan.replay(Map.of()));
    assertThrows(ShapeException.class, () -> plan.replay(Map.of("w", random(X, 1))));
    try (Replay replay = plan.replay(Map.of("w", w))) {
      assertThrows(IllegalArgumentException.class, () -> replay.run(Map.of("x", random(X, 1))));
      assertThrows(ShapeException.class, () -> replay.run(Map.of("x", random(X, 1), "t", random(X, 1))));
    }
  }
}

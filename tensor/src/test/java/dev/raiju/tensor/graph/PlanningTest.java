package dev.raiju.tensor.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.GroupNorm;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Softmax;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class PlanningTest {
  private final Planning plan = Planning.of(Device.reference());

  /// Of all kinds: views, copies, casts, draws, products, and fused ops that the reference device runs by their definitions.
  private static Tensor program(Device device) {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(3);
      Tensor x = rng.normal(device, 2, 9, 4, 6);
      Tensor w = rng.uniform(device, 24, 24);
      Tensor attended = Attention.attention(x, x.mul(2), x.add(1));
      Tensor y = Linear.linear(attended.flatten(2, 4), w, Tensor.full(Spec.of(DType.F32, 24), 0.5, device));
      Tensor z = Elementwise.geluTanh(y).transpose(1, 2).contiguous().to(DType.BF16).to(DType.F32);
      Tensor kept = z.slice(1, 3, 12).pad(2, 1, 1).copy();
      Assign.assign(kept, kept.mul(3));
      return scope.keep(Softmax.softmax(kept.sum(2), -1).mean());
    }
  }

  @Test
  void countsTheBytesAndTheWorkThatTheRealDeviceTakes() {
    List<Op> planned = new ArrayList<>();
    List<Op> real = new ArrayList<>();
    Work plannedWork = Work.listen();
    try (plannedWork; var _ = Trace.listen((op, _, _) -> planned.add(op))) {
      program(plan.device()).close();
    }
    long live = HostMemory.liveBytes();
    HostMemory.resetPeak();
    Work realWork = Work.listen();
    try (realWork; var _ = Trace.listen((op, _, _) -> real.add(op))) {
      program(Device.reference()).close();
    }
    // the keys of random numbers come from outside
    real.removeIf(op -> op.name().equals("to_device"));
    planned.removeIf(op -> op.name().equals("to_device"));
    assertEquals(real, planned);
    assertEquals(realWork.total().flops(), plannedWork.total().flops());
    assertEquals(HostMemory.peakBytes() - live, plan.peakBytes());
    assertEquals(0, plan.liveBytes());
    assertTrue(plan.heldBytes() >= plan.peakBytes());
    assertEquals(2L * 2 * 4 * 9 * 9 * 12, plannedWork.byOp().get("attention").flops());
  }

  @Test
  void takesNoMemoryHoweverLargeTheTensors() {
    long held = HostMemory.heldBytes();
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(1).normal(plan.device(), 1 << 20, 1 << 20);
      Tensor y = x.matmul(x.transpose()).add(1).reshape(1 << 10, -1);
      assertEquals(Spec.of(DType.F32, 1 << 10, 1 << 30), y.spec());
      assertEquals(3 * (4L << 40), plan.liveBytes(), 64);
    }
    assertEquals(0, plan.liveBytes(), "the key of the draw went too");
    assertTrue(HostMemory.heldBytes() - held <= 4 << 20, "a slab for small things at most");
  }

  @Test
  void refusesWhatNeedsValues() {
    try (Scope scope = Scope.open()) {
      Tensor large = Tensor.full(Spec.of(DType.F32, 1 << 20, 1 << 20), 1, plan.device());
      List<Function<Tensor, Object>> reads = List.of(Tensor::toFloats, Tensor::toBytes, t -> t.to(Device.reference()));
      for (Function<Tensor, Object> read : reads) {
        String message = assertThrows(IllegalStateException.class, () -> read.apply(large)).getMessage();
        assertTrue(message.endsWith("f32 [1048576, 1048576] on plan of reference has no values: it is only planned"), message);
      }
    }
  }

  @Test
  void checksShapesAsEverywhere() {
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(1).normal(plan.device(), 2, 3);
      assertThrows(ShapeException.class, () -> x.matmul(x));
      assertThrows(IllegalArgumentException.class, () -> x.add(Tensor.full(x.spec(), 1, Device.reference())));
    }
  }

  /// A backend with a kernel of its own for one op.
  private record Greedy(Class<? extends Op> own, List<Long> scratch) implements HostBackend {
    @Override
    public String name() { return "greedy"; }

    @Override
    public String describe() { return "takes memory for itself"; }

    @Override
    public Optional<Kernel> kernel(Op op, List<Spec> in) {
      if (!own.isInstance(op)) return Device.reference().backend().kernel(op, in);
      return Optional.of(new Kernel() {
        @Override
        public void run(List<Tensor> in, List<Tensor> out) { throw new AssertionError("planning runs no kernel"); }

        @Override
        public boolean takes(int index, Layout layout) { return index > 0 || layout.isContiguous(); }

        @Override
        public List<Long> scratch(List<Tensor> in, List<Tensor> out) { return scratch; }
      });
    }
  }

  private static long peak(Device real, Function<Device, Tensor> work) {
    Planning plan = Planning.of(real);
    try (Scope scope = Scope.open()) {
      work.apply(plan.device());
      return plan.peakBytes();
    }
  }

  @Test
  void countsWhatKernelsTakeForThemselvesWhileTheyRun() {
    Function<Device, Tensor> norm = device -> {
      Tensor x = Tensor.full(Spec.of(DType.F32, 1, 4, 16, 16), 1, device);
      Tensor w = Tensor.full(Spec.of(DType.F32, 4), 1, device);
      return GroupNorm.groupNorm(x, 2, w, w, 1e-6f);
    };
    long tensors = 2 * 4096 + 64;
    assertEquals(tensors, peak(Device.of(new Greedy(GroupNorm.class, List.of())), norm));
    assertEquals(tensors + 4096 + 64, peak(Device.of(new Greedy(GroupNorm.class, List.of(4096L, 1L))), norm));
    assertTrue(peak(Device.reference(), norm) > tensors, "the definition has values in between");
  }

  @Test
  void copiesWhatAKernelDoesNotTake() {
    Function<Device, Tensor> sum = device -> Tensor.full(Spec.of(DType.F32, 64, 64), 1, device).transpose().exp();
    assertEquals(3 * (16 << 10), peak(Device.of(new Greedy(Elementwise.class, List.of())), sum));
  }
}

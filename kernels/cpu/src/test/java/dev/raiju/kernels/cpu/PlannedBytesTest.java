package dev.raiju.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.op.Attention;
import dev.raiju.tensor.op.Convolution;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Window;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What kernels say that they take, against what they take.
class PlannedBytesTest {
  private static final List<DType> TYPES = List.of(DType.F32, DType.BF16, DType.F16);
  private static final int CASES = 3;

  private final SplittableRandom random = new SplittableRandom(11);

  private long size(int most) { return 1 + random.nextInt(most); }

  /// One op on tensors of these kinds.
  private record Case(String name, List<Spec> in, Call call) {
    interface Call {
      Tensor of(List<Tensor> in);
    }

    Case(DType type, String name, List<Shape> in, Call call) {
      this(name + " " + type + " " + in, in.stream().map(shape -> new Spec(type, shape)).toList(), call);
    }

    /// The most bytes in use while it runs, its inputs and output included.
    long planned(Device real) {
      Planning plan = Planning.of(real);
      try (Scope scope = Scope.open()) {
        call.of(inputs(plan.device()));
        return plan.peakBytes();
      }
    }

    long measured(Device real) {
      long before = HostMemory.liveBytes();
      try (Scope scope = Scope.open()) {
        List<Tensor> tensors = inputs(real);
        HostMemory.resetPeak();
        call.of(tensors);
        return HostMemory.peakBytes() - before;
      }
    }

    private List<Tensor> inputs(Device device) { return in.stream().map(spec -> Tensor.full(spec, 0.5, device)).toList(); }
  }

  private Stream<Case> cases(DType type) {
    long rows = size(700);
    long depth = size(900);
    long width = size(1100);
    Case linear = new Case(type, "linear", List.of(Shape.of(rows, depth), Shape.of(width, depth), Shape.of(width)), in -> Trace
        .apply(new Linear(DType.F32), in.toArray(Tensor[]::new)));
    Case plain = new Case(type, "feed forward", List.of(Shape.of(1, rows, depth), Shape.of(width, depth), Shape.of(width), Shape
        .of(depth, width), Shape.of(depth)), in -> Trace.apply(new FeedForward(false, DType.F32), in.toArray(Tensor[]::new)));
    Case gated = new Case(type, "gated feed forward", List.of(Shape.of(rows, depth), Shape.of(width, depth), Shape.of(width,
        depth), Shape.of(depth, width)), in -> Trace.apply(new FeedForward(true, DType.F32), in.toArray(Tensor[]::new)));
    long batch = size(40);
    Case matmul = new Case(type, "matmul", List.of(Shape.of(batch, rows / 4 + 1, depth / 4 + 1), Shape.of(batch, depth / 4 + 1,
        width)), in -> in.get(0).matmul(in.get(1)));
    Case joined = new Case(type, "joined matmul", List.of(Shape.of(2, rows, depth), Shape.of(depth, width)), in -> in.get(0)
        .matmul(in.get(1)));
    long heads = size(4);
    long each = size(3);
    long d = 2 * size(64);
    Shape keys = Shape.of(2, width, heads, d);
    Case attention = new Case(type, "attention", List.of(Shape.of(2, rows, heads * each, d), keys, keys), in -> Attention
        .attention(in.get(0), in.get(1), in.get(2)));
    long groups = size(3);
    long channels = groups * size(40);
    long outputs = groups * size(40);
    int taps = random.nextInt(1, 4);
    int stride = random.nextInt(1, 3);
    Case convolution = new Case(type, "convolution", List.of(Shape.of(2, channels, 20 + size(60), 20 + size(90)), Shape.of(
        outputs, channels / groups, taps, taps), Shape.of(outputs)), in -> Convolution.convolution(in.get(0), in.get(1), in.get(
            2), Window.of(2).padding(taps / 2, taps / 2).stride(stride, 1).groups((int) groups)));
    return Stream.of(linear, plain, gated, matmul, joined, attention, convolution);
  }

  /// On one thread every kernel holds at its peak what it says, to the byte.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void kernelsTakeWhatTheySay(int type) {
    Device one = Device.of(new CpuBackend(1));
    for (int i = 0; i < CASES; i++) cases(TYPES.get(type)).forEach(c -> assertEquals(c.planned(one), c.measured(one), c::name));
  }

  /// On several threads some may be late and take nothing, but never more than is said.
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void manyThreadsTakeNoMoreThanIsSaid(int type) {
    Device three = Device.of(new CpuBackend(3));
    for (int i = 0; i < CASES; i++) {
      cases(TYPES.get(type)).forEach(c -> assertTrue(c.measured(three) <= c.planned(three), c::name));
    }
  }
}

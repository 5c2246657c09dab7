package dev.raiju.kernels.cpu;

import static dev.raiju.kernels.cpu.TestTensors.assertSame;
import static dev.raiju.kernels.cpu.TestTensors.values;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.Trace;
import dev.raiju.tensor.backend.BlockPool;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.FeedForward;
import dev.raiju.tensor.op.Linear;
import dev.raiju.tensor.op.Quantize;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// Weights whose packed form is kept: the same bits as of weights that are packed for every product.
class PackedOnceTest {
  private static final List<DType> FLOATS = List.of(DType.F32, DType.BF16, DType.F16);

  private final SplittableRandom random = new SplittableRandom(5);

  private Tensor tensor(Device device, DType type, long... sizes) {
    return TestTensors.of(device, type, TestTensors.random(type, random.nextLong(), sizes), sizes);
  }

  /// Several numbers of rows one after the other, with a weight that was never asked to keep anything and with one that was.
  private void check(Device device, DType compute, Tensor weight, Tensor bias, String what) {
    try (Tensor plain = weight.copy(); Tensor kept = weight.copy()) {
      kept.buffer().keepForms();
      for (int rows : new int[] {1, 13, 300, 1}) {
        try (Scope scope = Scope.open()) {
          Tensor x = tensor(device, DType.F32, rows, weight.size(1));
          Linear op = new Linear(compute);
          assertSame(values(Trace.apply(op, x, plain, bias)), values(Trace.apply(op, x, kept, bias)), device.backend().describe()
              + what + ", rows " + rows);
        }
      }
    }
  }

  @Test
  void productsHaveTheSameBits() {
    for (Device device : TestDevices.ALL) {
      for (DType type : FLOATS) {
        for (DType compute : FLOATS) {
          try (Scope scope = Scope.open()) {
            long inputs = 1 + random.nextLong(900);
            long outputs = 1 + random.nextLong(200);
            Tensor bias = tensor(device, DType.F32, outputs);
            check(device, compute, tensor(device, type, outputs, inputs), bias, " " + type + " in " + compute);
          }
        }
      }
      try (Scope scope = Scope.open()) {
        Tensor bias = tensor(device, DType.F32, 70);
        Tensor w = tensor(device, DType.F32, 70, 512);
        for (DType type : List.of(DType.Q8_G64, DType.Q4_G64)) {
          check(device, DType.F32, Quantize.quantize(w, type), bias, " " + type);
          check(device, DType.BF16, Quantize.quantize(w, type), bias, " " + type + " in bf16");
        }
        check(device, DType.I8, Quantize.quantize(w, DType.Q8_G64), bias, " in bytes");
      }
    }
  }

  @Test
  void partsOfAWeightHaveFormsOfTheirOwn() {
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor w = tensor(device, DType.F32, 150, 64);
        w.buffer().keepForms();
        Tensor x = tensor(device, DType.F32, 9, 64);
        double[] all = values(Linear.linear(x, w));
        double[] part = values(Linear.linear(x, w.slice(0, 64, 64)));
        for (int i = 0; i < part.length; i++) assertEquals(all[i / 64 * 150 + 64 + i % 64], part[i]);
      }
    }
  }

  @Test
  void aWrittenWeightIsPackedAnew() {
    for (Device device : TestDevices.ALL) {
      try (Scope scope = Scope.open()) {
        Tensor w = tensor(device, DType.F32, 96, 80);
        w.buffer().keepForms();
        Tensor next = tensor(device, DType.F32, 96, 80);
        Tensor x = tensor(device, DType.F32, 20, 80);
        Linear.linear(x, w);
        Assign.assign(w, next);
        assertSame(values(Linear.linear(x, next)), values(Linear.linear(x, w)), device.backend().describe());
      }
    }
  }

  /// Hidden rows are computed in chunks, each of which packs the weights where they are not kept.
  @Test
  void feedForwardKeepsItsWeightsToo() {
    for (Device device : TestDevices.ALL) {
      for (boolean gated : new boolean[] {false, true}) {
        try (Scope scope = Scope.open()) {
          Tensor x = tensor(device, DType.F32, 500, 36);
          Tensor up = tensor(device, DType.F32, 2200, 36);
          Tensor second = gated ? tensor(device, DType.F32, 2200, 36) : tensor(device, DType.F32, 2200);
          Tensor down = tensor(device, DType.F32, 36, 2200);
          Tensor bias = tensor(device, DType.F32, 36);
          Function<List<Tensor>, Tensor> network = w -> gated
              ? FeedForward.gatedFeedForward(x, w.get(0), w.get(1), w.get(2))
              : FeedForward.feedForward(x, w.get(0), w.get(1), w.get(2), bias);
          double[] wanted = values(network.apply(List.of(up, second, down)));
          List<Tensor> kept = List.of(up.copy(), second.copy(), down.copy());
          kept.forEach(w -> w.buffer().keepForms());
          for (int i = 0; i < 2; i++) assertSame(wanted, values(network.apply(kept)), device.backend().describe() + gated);
        }
      }
    }
  }

  @Test
  void formsAreCountedAsPlannedAndGoWithTheWeight() {
    Device real = Device.of(new CpuBackend(1));
    for (int i = 0; i < 12; i++) {
      int rows = 1 + random.nextInt(600);
      long inputs = 1 + random.nextLong(900);
      long outputs = 1 + random.nextLong(900);
      DType type = FLOATS.get(i % 3);
      DType compute = FLOATS.get(i / 3 % 2);
      Planning plan = Planning.of(real);
      run(plan.device(), type, compute, rows, inputs, outputs);
      assertEquals(0, plan.liveBytes());
      assertEquals(0, plan.formBytes());
      long before = HostMemory.liveBytes();
      HostMemory.resetPeak();
      run(real, type, compute, rows, inputs, outputs);
      assertEquals(before, HostMemory.liveBytes());
      assertEquals(plan.peakBytes(), HostMemory.peakBytes() - before, rows + " x " + inputs + " x " + outputs + " " + type);
    }
  }

  private static void run(Device device, DType type, DType compute, long rows, long inputs, long outputs) {
    try (Scope scope = Scope.open()) {
      Tensor w = Tensor.full(Spec.of(type, outputs, inputs), 0.5, device);
      w.buffer().keepForms();
      Tensor x = Tensor.full(Spec.of(DType.F32, rows, inputs), 0.5, device);
      for (int i = 0; i < 2; i++) Trace.apply(new Linear(compute), x, w).close();
    }
  }

  /// A weight of 4 bits packed as f32 would be eight times as large.
  @Test
  void weightsOfFewBitsAreNotExpanded() {
    Planning plan = Planning.of(Device.of(new CpuBackend(1)));
    try (Scope scope = Scope.open()) {
      Tensor w = Tensor.full(Spec.of(DType.F32, 640, 640), 0.5, plan.device());
      Tensor x = Tensor.full(Spec.of(DType.F32, 100, 640), 0.5, plan.device());
      Tensor few = Quantize.quantize(w, DType.Q4_G64);
      few.buffer().keepForms();
      Linear.linear(x, few);
      assertEquals(0, plan.formBytes());
      w.buffer().keepForms();
      Linear.linear(x, w);
      assertEquals(BlockPool.footprint(4 * 640 * 640), plan.formBytes());
      Tensor bytes = Quantize.quantize(w, DType.Q8_G64);
      bytes.buffer().keepForms();
      Trace.apply(new Linear(DType.I8), x, bytes);
      assertTrue(plan.formBytes() > BlockPool.footprint(4 * 640 * 640));
    }
  }
}

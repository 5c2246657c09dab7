package dev.raiju.models.dit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.Checkpoint;
import dev.raiju.autograd.GradCheck;
import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.Goldens;
import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class WanTransformerTest {
  private static final Device DEVICE = Device.reference();

  static Stream<Device> devices() { return Goldens.devices(); }

  private static Tensor times(Device device, float... values) { return Tensor.of(values, values.length).to(device); }

  @ParameterizedTest
  @CsvSource({"12, 8960, 1418996800", "10, 4480, 911536960"})
  void hasTheParametersOfThePublishedModel(int heads, int ffn, long parameters) {
    WanConfig config = WanConfig.WAN_1_3B.withHeads(heads).withFfn(ffn);
    try (WanTransformer model = WanTransformer.create(config, Initializer.shapes(DEVICE))) {
      assertEquals(825, model.parameters().size());
      assertEquals(parameters, model.parameterCount());
    }
    assertEquals(911536960, WanTransformer.create(WanConfig.LIGHTNING, Initializer.shapes(DEVICE)).parameterCount());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aBatchIsItsSamples(Device device) {
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, device)) {
      Tensor x = TinyWan.latent(2, 2, device);
      Tensor context = TinyWan.context(3, 2, device);
      float[] both = model.forward(x, times(device, 37, 912.5f), context).toFloats();
      float[] second = model.forward(x.slice(0, 1, 1), times(device, 912.5f), context.slice(0, 1, 1)).toFloats();
      assertEquals(2 * second.length, both.length);
      for (int i = 0; i < second.length; i++) assertEquals(second[i], both[second.length + i], 1e-5);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void keptKeysGiveTheSame(Device device) {
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, device)) {
      Tensor x = TinyWan.latent(2, 1, device);
      Tensor t = times(device, 500);
      Tensor context = TinyWan.context(3, 1, device);
      try (TextKeys keys = model.keys(context)) {
        assertArrayEquals(model.forward(x, t, context).toFloats(), model.forward(x, t, keys, BlockRunner.PLAIN).toFloats());
      }
    }
  }

  @Test
  void aSamplerRunsIt() {
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, DEVICE)) {
      Tensor x = TinyWan.latent(2, 2, DEVICE);
      Tensor context = TinyWan.context(3, 2, DEVICE);
      try (TextKeys keys = model.keys(context)) {
        float[] expected = model.forward(x, times(DEVICE, 625, 625), context).toFloats();
        assertArrayEquals(expected, new WanVelocity(model, keys).velocity(x, 625).toFloats());
      }
    }
  }

  @Test
  void callsItsBlocksInOrder() {
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, DEVICE)) {
      List<Integer> order = new ArrayList<>();
      List<Tensor> seen = new ArrayList<>();
      var outputs = model.forwardWithBlocks(TinyWan.latent(2, 1, DEVICE), times(DEVICE, 500), TinyWan.context(3, 1, DEVICE), (i,
          block, in) -> {
        order.add(i);
        Tensor out = block.forward(in);
        seen.add(out);
        return out;
      });
      assertEquals(List.of(0, 1), order);
      assertEquals(seen, outputs.blocks());
      assertEquals(Shape.of(1, 2 * 2 * 3, 20), outputs.blocks().getLast().shape());
      assertEquals(Shape.of(1, 3, 2, 4, 6), outputs.velocity().shape());
    }
  }

  @Test
  void aRunnerMayLeaveBlocksOut() {
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, DEVICE)) {
      Tensor v = model.forward(TinyWan.latent(2, 1, DEVICE), times(DEVICE, 500), TinyWan.context(3, 1, DEVICE), (_, _, in) -> in
          .x());
      assertTrue(Double.isFinite(v.sum().item()));
    }
  }

  @Test
  void leavesNothingBehind() {
    try (WanTransformer model = TinyWan.create(1, DEVICE); Scope outer = Scope.open()) {
      Tensor x = TinyWan.latent(2, 1, DEVICE);
      Tensor t = times(DEVICE, 500);
      Tensor context = TinyWan.context(3, 1, DEVICE);
      model.forward(x, t, context).close();
      long before = HostMemory.liveBuffers();
      try (Scope scope = Scope.open()) {
        model.forward(x, t, context);
        assertEquals(before + 1, HostMemory.liveBuffers());
        model.keys(context).close();
        assertEquals(before + 1, HostMemory.liveBuffers());
      }
      assertEquals(before, HostMemory.liveBuffers());
    }
  }

  @Test
  void keepsOneBlockAtATimeInMemory() {
    WanConfig deep = new WanConfig(32, 2, 16, 32, 12, 8, 4, 8, 4, 4, new WanConfig.Patch(1, 1, 1), 1e-6f, 10000);
    try (WanTransformer model = WanTransformer.create(deep, Initializer.random(Rng.of(1), DEVICE)); Scope scope = Scope.open()) {
      Tensor x = Rng.of(2).normal(DEVICE, 1, 4, 1, 8, 8);
      Tensor context = Rng.of(3).normal(DEVICE, 1, 4, 8);
      long stream = 64 * 32 * 4;
      HostMemory.resetPeak();
      long before = HostMemory.peakBytes();
      model.forward(x, times(DEVICE, 500), context);
      // attention alone has 2 heads x 64 x 64 scores in several steps on this device; 12 blocks' outputs would be 96 KiB more
      long peak = HostMemory.peakBytes() - before;
      HostMemory.resetPeak();
      try (WanTransformer shallow = WanTransformer.create(new WanConfig(32, 2, 16, 32, 2, 8, 4, 8, 4, 4, new WanConfig.Patch(1, 1,
          1), 1e-6f, 10000), Initializer.random(Rng.of(1), DEVICE))) {
        HostMemory.resetPeak();
        before = HostMemory.peakBytes();
        shallow.forward(x, times(DEVICE, 500), context);
        assertTrue(peak < HostMemory.peakBytes() - before + 2 * stream, peak + " bytes for 12 blocks, " + (HostMemory.peakBytes()
            - before) + " for 2");
      }
    }
  }

  @Test
  void aNewModelGivesZeros() {
    try (Scope scope = Scope.open();
        WanTransformer model = WanTransformer.create(TinyWan.CONFIG, Initializer.random(Rng.of(1), DEVICE))) {
      Tensor v = model.forward(TinyWan.latent(2, 1, DEVICE), times(DEVICE, 500), TinyWan.context(3, 1, DEVICE));
      assertEquals(0, v.abs().max().item());
      assertArrayEquals(new float[] {0, 0, 1, 0, 0, 1}, model.blocks().getFirst().modulation().slice(2, 0, 1).toFloats());
    }
  }

  @Test
  void matricesMayBeNarrow() {
    try (Scope scope = Scope.open();
        WanTransformer model = TinyWan.create(1, DEVICE);
        WanTransformer half = model.narrow(DType.BF16)) {
      assertEquals(DType.BF16, half.blocks().getFirst().feedForward().up().dtype());
      assertEquals(DType.F32, half.blocks().getFirst().crossNorm().weight().dtype());
      Tensor x = TinyWan.latent(2, 1, DEVICE);
      Tensor context = TinyWan.context(3, 1, DEVICE);
      Tensor v = model.forward(x, times(DEVICE, 500), context);
      Tensor difference = v.sub(half.forward(x, times(DEVICE, 500), context));
      double error = difference.square().mean().item() / v.square().mean().item();
      assertTrue(error > 0 && error < 1e-3, "relative squared error " + error);
    }
  }

  @Test
  void checkpointedGradientsAreTheSame() {
    BlockRunner checkpointed = (index, block, in) -> Checkpoint.run(tensors -> List.of(block.forward(in.with(tensors))), in
        .tensors(), block.parameters().values()).getFirst();
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, DEVICE)) {
      List<float[]> plain = gradients(model, BlockRunner.PLAIN);
      List<float[]> again = gradients(model, checkpointed);
      for (int i = 0; i < plain.size(); i++) assertArrayEquals(plain.get(i), again.get(i), 1e-5f);
    }
  }

  private static List<float[]> gradients(WanTransformer model, BlockRunner runner) {
    List<Tensor> parameters = List.copyOf(model.parameters().values());
    try (Tape tape = Tape.record(parameters)) {
      Tensor v = model.forward(TinyWan.latent(2, 1, DEVICE), times(DEVICE, 500), TinyWan.context(3, 1, DEVICE), runner);
      Gradients gradients = tape.gradients(v.square().mean(), parameters);
      return parameters.stream().map(p -> gradients.of(p).toFloats()).toList();
    }
  }

  @Test
  void gradientsMatchDifferences() {
    try (Scope scope = Scope.open();
        WanTransformer model = TinyWan.create(1, DEVICE);
        WanTransformer wide = model.to(DType.F64)) {
      Tensor t = times(DEVICE, 312.5f).to(DType.F64);
      List<Tensor> inputs = new ArrayList<>(wide.parameters().values());
      int count = inputs.size();
      inputs.add(TinyWan.wide(4, 1, 4, 1, 4, 4));
      inputs.add(TinyWan.wide(5, 1, 5, 10));
      GradCheck.check(in -> List.of(wide.with(in.subList(0, count)).forward(in.get(count), t, in.get(count + 1))), inputs, 1, 13);
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Scope scope = Scope.open(); WanTransformer model = TinyWan.create(1, DEVICE)) {
      Tensor context = TinyWan.context(3, 1, DEVICE);
      assertEquals("wan: latent height 5: must be a multiple of 2; nearest is 6", problem(() -> model.forward(Rng.of(1).normal(
          DEVICE, 1, 4, 2, 5, 6), times(DEVICE, 1), context)));
      assertEquals("wan: latent [1, 3, 2, 4, 6]; needs [B, 4, T, H, W]", problem(() -> model.forward(Rng.of(1).normal(DEVICE, 1,
          3, 2, 4, 6), times(DEVICE, 1), context)));
      assertEquals("wan: timestep [2]; needs one for each of 1 latents", problem(() -> model.forward(TinyWan.latent(1, 1, DEVICE),
          times(DEVICE, 1, 2), context)));
      assertEquals("wan: context [1, 5, 9]; needs [B, L, 10]", problem(() -> model.forward(TinyWan.latent(1, 1, DEVICE), times(
          DEVICE, 1), context.slice(2, 0, 9))));
    }
  }

  private static String problem(Runnable work) { return assertThrows(ShapeException.class, work::run).getMessage(); }
}

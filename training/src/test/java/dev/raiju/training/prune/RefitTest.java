package dev.raiju.training.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.cpu.CpuBackend;
import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.graph.Planning;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import dev.raiju.training.prune.SmallTransformers.Inputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is left of a transformer: refitted, written block by block, and at the sizes of the real one.
class RefitTest {
  private static final WanConfig CONFIG = SmallTransformers.CONFIG;

  private static Calibration calibration(int count) {
    List<Calibration.Batch> batches = new ArrayList<>();
    for (int seed = 0; seed < count; seed++) {
      Inputs in = Inputs.random(seed);
      batches.add(new Calibration.Batch(in.x(), in.sigma(), in.context(), List.of(1, 2)));
    }
    return Calibration.of(batches);
  }

  private static Kept kept(WanConfig config, int heads, int neurons) {
    Kept.Block block = new Kept.Block(first(heads), first(heads), first(neurons));
    return new Kept(Collections.nCopies(config.layers(), block));
  }

  private static List<Integer> first(int count) { return IntStream.range(0, count).boxed().toList(); }

  /// A neuron that says the same as two others together is not missed at all once their weights are fitted.
  @Test
  void whatOthersSayTooIsNotMissed() throws IOException {
    try (Scope scope = Scope.open();
        WanTransformer whole = SmallTransformers.random(1);
        WanTransformer teacher = SmallTransformers.changed(whole, (name, t) -> name.contains("feedForward.up")
            ? Tensor.concat(0, t.slice(0, 0, CONFIG.ffn() - 1), t.slice(0, 0, 1))
            : t)) {
      Kept kept = new Kept(Collections.nCopies(CONFIG.layers(), new Kept.Block(first(3), first(3), first(CONFIG.ffn() - 1))));
      Inputs in = Inputs.random(40);
      double cut;
      try (WanTransformer student = Pruner.prune(teacher, kept)) {
        cut = distance(in.velocity(teacher), in.velocity(student));
      }
      List<WanBlock> blocks = Refit.blocks(BlockSource.of(teacher), kept, calibration(6));
      try (WanTransformer fitted = teacher.around(kept.of(CONFIG), blocks)) {
        double left = distance(in.velocity(teacher), in.velocity(fitted));
        assertTrue(left < 2e-2 * cut, left + " of " + cut);
      }
    }
  }

  /// A prompt of nothing makes cross attention say the same to every token. In f32 the squares of such inputs are no longer those of
  /// any inputs, by more than what holds the weights back.
  @Test
  void fitsProductsWhoseInputsHardlyVary() throws IOException {
    WanConfig config = new WanConfig(64, 8, 32, 16, 1, 5, 4, 4, 2, 2, new WanConfig.Patch(1, 2, 2), 1e-6f, 10000);
    Rng rng = Rng.of(5);
    try (Scope scope = Scope.open();
        WanTransformer shapes = WanTransformer.create(config, Initializer.shapes(Device.reference()));
        WanTransformer teacher = shapes.map((_, t, _) -> Module.owned(() -> SmallTransformers.random(rng, 0.2, t.shape().sizes())
            .to(DType.F32).to(ONE_THREAD)))) {
      Tensor x = rng.normal(ONE_THREAD, 2, 2, 2, 32, 32);
      Tensor sigma = Tensor.of(new float[] {0.3f, 0.6f}, 2).to(ONE_THREAD);
      Tensor context = Tensor.full(new Spec(DType.F32, Shape.of(2, 4, 5)), 0, ONE_THREAD);
      Calibration calibration = Calibration.of(List.of(new Calibration.Batch(x, sigma, context, List.of(1, 1))));
      Kept kept = kept(config, 7, 16);
      List<WanBlock> blocks = Refit.blocks(BlockSource.of(teacher), kept, calibration);
      try (WanTransformer cut = Pruner.prune(teacher, kept); WanTransformer fitted = teacher.around(kept.of(config), blocks)) {
        Tensor whole = teacher.forward(x, sigma.mul(1000), context);
        double left = distance(whole, fitted.forward(x, sigma.mul(1000), context));
        double before = distance(whole, cut.forward(x, sigma.mul(1000), context));
        assertTrue(left < 0.5 * before, left + " of " + before);
      }
    }
  }

  private static double distance(Tensor a, Tensor b) { return a.sub(b).square().mean().item(); }

  /// On the samples it was fitted to, no product is further from the whole than before.
  @Test
  void theFitIsNeverWorseOnItsSamples() throws IOException {
    try (Scope scope = Scope.open(); WanTransformer teacher = SmallTransformers.random(2)) {
      Kept kept = kept(CONFIG, 2, 4);
      Calibration.Batch batch = new Calibration.Batch(Inputs.random(0).x(), Inputs.random(0).sigma(), Inputs.random(0).context(),
          List
              .of(3, 3));
      Calibration calibration = Calibration.of(List.of(batch));
      List<WanBlock> blocks = Refit.blocks(BlockSource.of(teacher), kept, calibration);
      try (WanTransformer cut = Pruner.prune(teacher, kept); WanTransformer fitted = teacher.around(kept.of(CONFIG), blocks)) {
        double[] cutErrors = errors(teacher, cut, batch);
        double[] fittedErrors = errors(teacher, fitted, batch);
        for (int i = 0; i < cutErrors.length; i++)
          assertTrue(fittedErrors[i] < cutErrors[i], fittedErrors[i] + " " + cutErrors[i]);
      }
    }
  }

  /// How far self attention of each block is from the teacher's, on the teacher's own way.
  private static double[] errors(WanTransformer teacher, WanTransformer student, Calibration.Batch batch) throws IOException {
    double[] errors = new double[CONFIG.layers()];
    BlockPass.run(BlockSource.of(teacher), List.of(batch), new BlockPass.Visitor() {
      @Override
      public Tensor run(int index, WanBlock block, BlockInputs in, Calibration.Batch of) {
        Tensor m = block.modulation().add(in.modulation());
        Tensor x = ModulatedLayerNorm.modulatedLayerNorm(in.x(), m.slice(1, 0, 1), m.slice(1, 1, 1), block.eps());
        errors[index] = distance(block.selfAttention().self(x, in.rope()), student.blocks().get(index).selfAttention().self(x, in
            .rope()));
        return block.forward(in);
      }
    });
    return errors;
  }

  @Test
  void aFileHasWhatThePrunerLeaves(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("student.safetensors");
    Kept kept = new Kept(List.of(Kept.Block.GONE, new Kept.Block(List.of(2, 0), List.of(1, 2), List.of(5, 1))));
    try (Scope scope = Scope.open();
        WanTransformer teacher = SmallTransformers.random(3);
        WanTransformer expected = Pruner.prune(teacher, kept);
        PrunedFile pruned = PrunedFile.of(BlockSource.of(teacher), kept, List.of())) {
      Durable.system().write(file, SafeTensors.contents(pruned, Map.of()));
      try (TensorFile stored = TensorFile.open(file)) {
        WanWeights.named(expected, WanWeights.DIFFUSERS).forEach((name, t) -> {
          try {
            assertArrayEquals(t.toDoubles(), stored.tensor(name, Device.reference()).toDoubles(), name);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
        assertEquals(expected.parameters().size(), stored.entries().size());
      }
    }
  }

  /// Real sizes, without memory: what is left of 1.3B is what was published as 0.85B.
  @Test
  void theRealModelIsLeftWithItsPublishedSize() {
    Device device = Planning.of(Device.best()).device();
    try (WanTransformer teacher = WanTransformer.create(WanConfig.WAN_1_3B, Initializer.shapes(device));
        WanTransformer student = Pruner.prune(teacher, kept(WanConfig.WAN_1_3B, 10, 4480))) {
      assertEquals(1_418_996_800, teacher.parameterCount());
      assertEquals(911_536_960, student.parameterCount());
      assertEquals(WanConfig.LIGHTNING, student.config());
    }
  }

  // threads that come late may leave out a block of scratch memory each; a single one is never late
  private static final Device ONE_THREAD = Device.of(new CpuBackend(1));

  /// Memory is that of a block and the samples; every block more adds a tenth of itself at most, as its scores and vectors do.
  @Test
  void memoryDoesNotGrowWithTheNumberOfLayers(@TempDir Path folder) throws IOException {
    Path two = folder.resolve("2.safetensors");
    Path eight = folder.resolve("8.safetensors");
    long shallow = peak(two, 2);
    long deep = peak(eight, 8);
    // stored in eight bytes, computed with in four
    long blocks = (Files.size(eight) - Files.size(two)) / 2;
    assertTrue(deep <= shallow + blocks / 10, deep + " bytes for 8 layers, " + shallow + " for 2, " + blocks + " of six blocks");
  }

  private static long peak(Path file, int layers) throws IOException {
    Device device = ONE_THREAD;
    WanConfig config = new WanConfig(48, 4, 12, 96, layers, 16, 8, 16, 4, 4, new WanConfig.Patch(1, 2, 2), 1e-6f, 10000);
    Rng rng = Rng.of(layers);
    // a type that is not computed with: the file's matrices are copied, and not only mapped
    try (WanTransformer shapes = WanTransformer.create(config, Initializer.shapes(device));
        WanTransformer model = shapes.map((_, t, _) -> Module.owned(() -> rng.normal(device, t.shape().sizes()).mul(0.1).to(
            DType.F64)))) {
      SafeTensors.write(file, WanWeights.named(model, WanWeights.ORIGINAL), Map.of());
    }
    try (Scope scope = Scope.open();
        TensorFile stored = TensorFile.open(file);
        BlockSource source = BlockSource.of(stored, config, device)) {
      List<Calibration.Batch> batches = List.of(new Calibration.Batch(rng.normal(device, 1, 4, 1, 4, 4), Tensor.of(new float[] {
        0.5f}, 1).to(device), rng.normal(device, 1, 8, 16), List.of(4)));
      HostMemory.resetPeak();
      long before = HostMemory.liveBytes();
      Kept kept = Selection.of(Criterion.taylor(TaylorOptions.PLAIN), Budget.uniform(2, 48)).choose(source, Calibration.of(
          batches));
      try (PrunedFile pruned = PrunedFile.of(source, kept, List.of())) {
        Durable.system().write(file.resolveSibling(layers + "-pruned.safetensors"), SafeTensors.contents(pruned, Map.of()));
      }
      return HostMemory.peakBytes() - before;
    }
  }

  @Test
  void severalPassesCannotBeFitted() {
    try (Scope scope = Scope.open(); WanTransformer teacher = SmallTransformers.random(2)) {
      Inputs in = Inputs.random(0);
      Calibration ways = Calibration.trajectories(List.of(new Calibration.Batch(in.x(), in.sigma(), in.context(), List.of(3, 3))),
          List.of(1.0, 0.5));
      assertThrows(IllegalArgumentException.class, () -> Refit.blocks(BlockSource.of(teacher), kept(CONFIG, 2, 4), ways));
    }
  }
}

package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.graph.Capture;
import dev.raiju.tensor.graph.MemoryPlan;
import dev.raiju.tensor.graph.Plan;
import dev.raiju.tensor.graph.Replay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/// The parts of the shipped model, captured without a kernel run, give what they give when they are called.
class ModelPlanTest {
  private static final Device CPU = Device.best();
  private static final Path SHIPPED = Path.of("pretrained", "shapes");

  private interface Loader<M> {
    M load(Device device) throws IOException;
  }

  private static SequencedMap<String, Tensor> result(Tensor tensor) {
    SequencedMap<String, Tensor> results = new LinkedHashMap<>();
    results.put("result", tensor);
    return results;
  }

  private static <M extends Module<M>> Plan plan(Loader<M> loader, List<Spec> inputs, BiFunction<M, List<Tensor>, Tensor> code)
      throws IOException {
    try (Capture capture = Capture.on(CPU); M model = loader.load(capture.device()); Scope _ = Scope.open()) {
      capture.weights(model.parameters());
      SequencedMap<String, Tensor> given = new LinkedHashMap<>();
      for (Spec spec : inputs) given.put("input " + given.size(), capture.input("input " + given.size(), spec));
      return Plan.of(capture.graph(result(code.apply(model, List.copyOf(given.values())))), CPU);
    }
  }

  /// @param loader gives the model on any device
  private static <M extends Module<M>> void replays(Loader<M> loader, List<Tensor> inputs,
      BiFunction<M, List<Tensor>, Tensor> code)
      throws IOException {
    try (M model = loader.load(CPU); Scope _ = Scope.open()) {
      Plan plan = plan(loader, inputs.stream().map(Tensor::spec).toList(), code);
      Map<String, Tensor> given = new LinkedHashMap<>();
      for (Tensor input : inputs) given.put("input " + given.size(), input);
      try (Replay replay = plan.replay(model.parameters())) {
        for (int i = 0; i < 2; i++) {
          assertArrayEquals(code.apply(model, inputs).toFloats(), replay.run(given).get("result").toFloats());
        }
      }
      assertTight(plan.memory());
    }
  }

  private static void assertTight(MemoryPlan memory) {
    String told = memory.bytes() + " bytes, at least " + memory.leastBytes() + ", together " + memory.sumBytes();
    assertTrue(memory.bytes() <= 1.15 * memory.leastBytes() && memory.bytes() < memory.sumBytes() / 2, told);
  }

  private static Tensor random(long... sizes) { return Rng.of(5).normal(CPU, sizes); }

  @Test
  void replaysADenoisingStep() throws IOException {
    try (Scope _ = Scope.open()) {
      List<Tensor> inputs = List.of(random(2, 16, 5, 8, 8), Tensor.of(new float[] {750, 20}, 2), random(2, 20, 128));
      replays(ModelFolder.open(SHIPPED)::transformer, inputs, (model, in) -> model.forward(in.get(0), in.get(1), in.get(2)));
    }
  }

  @Test
  void replaysTheTextEncoder() throws IOException {
    try (Scope _ = Scope.open()) {
      List<Tensor> inputs = List.of(Tensor.of(new int[] {5, 17, 50, 3, 9, 1}, 1, 6));
      replays(ModelFolder.open(SHIPPED)::textEncoder, inputs, (model, in) -> model.forward(in.getFirst()));
    }
  }

  @Test
  void replaysTheDecoder() throws IOException {
    try (Scope _ = Scope.open()) {
      replays(device -> (TaeDecoder) ModelFolder.open(SHIPPED).decoder(device), List.of(random(1, 16, 5, 8, 8)), (model,
          in) -> model.decode(in.getFirst()));
    }
  }

  /// The real pruned model, 49 frames of 352 x 624: weights of 1.8 GB and activations of gigabytes are planned, none are made.
  @Test
  void plansTheRealModel() throws IOException {
    WanConfig config = WanConfig.LIGHTNING;
    List<Spec> inputs = List.of(Spec.of(DType.F32, 1, 16, 13, 44, 78), Spec.of(DType.F32, 1), Spec.of(DType.F32, 1, 512, 4096));
    try (Capture capture = Capture.on(CPU);
        Scope _ = Scope.open();
        WanTransformer model = WanTransformer.create(config, Initializer.random(Rng.of(1), capture.device()))) {
      capture.weights(model.parameters());
      Tensor velocity = model.forward(capture.input("latent", inputs.get(0)), capture.input("timestep", inputs.get(1)), capture
          .input("context", inputs.get(2)));
      Plan plan = Plan.of(capture.graph(result(velocity)), CPU);
      assertTight(plan.memory());
      assertTrue(plan.memory().bytes() < 512L << 20, plan.memory().bytes() + " bytes");
    }
  }
}

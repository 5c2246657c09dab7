package dev.raiju.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.Checkpoint;
import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Losses;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Gradients through activation checkpoints, against those of PyTorch. Plain ones are checked beside training.
class CheckpointedGradientTest {
  private static final BlockRunner CHECKPOINTED = (index, block, in) -> Checkpoint.run(tensors -> List.of(block.forward(in.with(
      tensors))), in.tensors(), block.parameters().values()).getFirst();

  static Stream<Device> devices() { return Goldens.devices(); }

  @ParameterizedTest
  @MethodSource("devices")
  void transformer(Device device) throws IOException {
    try (Scope scope = Scope.open();
        GoldenFile golden = Goldens.open("wan_dit_grads", device);
        WanTransformer model = GoldenModels.wan(golden.sibling("wan_dit"), "w.")) {
      Comparison results = new Comparison(golden);
      SequencedMap<String, Tensor> weights = WanWeights.named(model, WanWeights.ORIGINAL);
      Tensor x = golden.tensor("mid.x_t");
      Tensor context = golden.tensor("in.context");
      List<Tensor> wanted = new ArrayList<>(weights.values());
      wanted.addAll(List.of(x, context));
      try (Tape tape = Tape.record(wanted)) {
        Tensor v = model.forward(x, golden.tensor("in.t"), context, CHECKPOINTED);
        Tensor loss = Losses.mse(v, golden.tensor("mid.target"));
        results.check("out.v", v, Comparison.MODEL);
        results.check("out.loss", loss, Comparison.MODEL);
        Gradients gradients = tape.gradients(loss, wanted);
        for (Map.Entry<String, Tensor> weight : weights.entrySet()) {
          results.check("g." + weight.getKey(), gradients.of(weight.getValue()), Comparison.GRADIENT);
        }
        results.check("g_in.x_t", gradients.of(x), Comparison.GRADIENT);
        results.check("g_in.context", gradients.of(context), Comparison.GRADIENT);
      }
      for (Comparison.Entry entry : results.entries()) assertTrue(entry.passed(), entry::toString);
      assertEquals(2 + 96 + 2, results.entries().size());
    }
  }
}

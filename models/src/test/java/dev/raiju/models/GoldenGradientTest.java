package dev.raiju.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.autograd.Checkpoint;
import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.BlockText;
import dev.raiju.models.dit.RotaryTables;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.models.verify.GoldenOps;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Losses;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Gradients of the models against those of PyTorch.
class GoldenGradientTest {
  private static final BlockRunner CHECKPOINTED = (index, block, in) -> Checkpoint.run(tensors -> List.of(block.forward(in.with(
      tensors))), in.tensors(), block.parameters().values()).getFirst();

  static Stream<Device> devices() { return Goldens.devices(); }

  private static void assertPassed(Comparison results, int compared) {
    for (Comparison.Entry entry : results.entries()) assertTrue(entry.passed(), entry::toString);
    assertEquals(compared, results.entries().size());
  }

  private static List<Tensor> and(Collection<Tensor> tensors, Tensor... more) {
    List<Tensor> all = new ArrayList<>(tensors);
    all.addAll(List.of(more));
    return all;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void transformer(Device device) throws IOException { transformer(device, BlockRunner.PLAIN); }

  @ParameterizedTest
  @MethodSource("devices")
  void checkpointedTransformer(Device device) throws IOException { transformer(device, CHECKPOINTED); }

  private static void transformer(Device device, BlockRunner runner) throws IOException {
    try (Scope scope = Scope.open();
        GoldenFile golden = Goldens.open("wan_dit_grads", device);
        WanTransformer model = GoldenModels.wan(golden.sibling("wan_dit"), "w.")) {
      Comparison results = new Comparison(golden);
      SequencedMap<String, Tensor> weights = WanWeights.named(model, WanWeights.ORIGINAL);
      Tensor x = golden.tensor("mid.x_t");
      Tensor context = golden.tensor("in.context");
      List<Tensor> wanted = and(weights.values(), x, context);
      try (Tape tape = Tape.record(wanted)) {
        Tensor v = model.forward(x, golden.tensor("in.t"), context, runner);
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
      assertPassed(results, 2 + 96 + 2);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void block(Device device) throws IOException {
    try (Scope scope = Scope.open();
        GoldenFile golden = Goldens.open("attn_block", device);
        WanBlock block = GoldenModels.block(golden);
        RotaryTables rope = GoldenModels.blockRotations(golden)) {
      Comparison results = new Comparison(golden);
      // a whole model's names, less the block's place in it
      Map<String, Tensor> weights = new LinkedHashMap<>();
      block.parameters().forEach((name, t) -> weights.put(WanWeights.names().theirs(WanWeights.ORIGINAL, "blocks.0." + name)
          .substring("blocks.0.".length()), t));
      Tensor x = golden.tensor("in.x");
      Tensor e = golden.tensor("in.e");
      Tensor context = golden.tensor("in.context");
      List<Tensor> wanted = and(weights.values(), x, e, context);
      try (Tape tape = Tape.record(wanted)) {
        Tensor y = block.forward(new BlockInputs(x, e, new BlockText.Embedded(context), rope));
        Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor("in.cotangent")), wanted);
        for (Map.Entry<String, Tensor> weight : weights.entrySet()) {
          results.check("g." + weight.getKey(), gradients.of(weight.getValue()), Comparison.MODEL);
        }
        results.check("g_in.x", gradients.of(x), Comparison.MODEL);
        results.check("g_in.e", gradients.of(e), Comparison.MODEL);
        results.check("g_in.context", gradients.of(context), Comparison.MODEL);
      }
      Tensor input = golden.tensor("sa.in.x");
      try (Tape tape = Tape.record()) {
        Tensor y = block.selfAttention().self(input, rope);
        Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor("sa.in.cotangent")), and(weights.values(), input));
        for (String name : golden.names("sa.g.")) {
          Tensor weight = weights.get("self_attn." + name.substring("sa.g.".length()));
          results.check(name, gradients.of(weight), Comparison.MODEL);
        }
        results.check("sa.g_in.x", gradients.of(input), Comparison.MODEL);
      }
      assertPassed(results, 27 + 3 + 10 + 1);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void autoencoder(Device device) throws IOException {
    try (Scope scope = Scope.open(); GoldenFile golden = Goldens.open("taehv", device); Tae tae = GoldenModels.tae(golden)) {
      Comparison results = new Comparison(golden);
      SequencedMap<String, Tensor> weights = TaeWeights.named(tae);
      Tensor latent = golden.tensor("grad.in.latent");
      try (Tape tape = Tape.record()) {
        Tensor y = tae.decoder().decodeRaw(latent.transpose(1, 2));
        Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor("grad.in.cotangent")), and(weights.values(),
            latent));
        for (String name : golden.names("grad.g.")) {
          results.check(name, gradients.of(weights.get("decoder." + name.substring("grad.g.".length()))), Comparison.GRADIENT);
        }
        results.check("grad.g_in.latent", gradients.of(latent), Comparison.GRADIENT);
      }
      assertPassed(results, 12 + 1);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void operations(Device device) throws IOException {
    try (Scope scope = Scope.open(); GoldenFile golden = Goldens.open("ops", device)) {
      Comparison results = new Comparison(golden);
      for (String cotangent : golden.names("")) {
        if (!cotangent.endsWith(".cotangent")) continue;
        String op = cotangent.substring(0, cotangent.length() - ".cotangent".length());
        GoldenOps.Inputs in = GoldenOps.inputs(golden, op);
        try (Tape tape = Tape.record()) {
          Tensor y = GoldenOps.all().get(op).apply(in);
          Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor(cotangent)), in.tensors().values());
          for (String name : golden.names(op + ".g.")) {
            results.check(name, gradients.of(in.tensors().get(name.substring((op + ".g.").length()))), Comparison.PRODUCT);
          }
        }
      }
      assertPassed(results, (int) golden.names("").stream().filter(name -> name.contains(".g.")).count());
    }
  }
}

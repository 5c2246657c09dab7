package dev.raiju.training.verify;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockText;
import dev.raiju.models.dit.RotaryTables;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.models.verify.GoldenOps;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Rope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Gradients of operations and parts of models, of `Σ out · cotangent`. What they give going forward is checked beside the models.
final class PartGradientChecks {
  private PartGradientChecks() {}

  static void operations(GoldenFile golden, Comparison results) throws IOException {
    for (Map.Entry<String, GoldenOps.Operation> operation : GoldenOps.all().entrySet()) {
      String name = operation.getKey();
      if (!golden.has(name + ".cotangent")) continue;
      GoldenOps.Inputs in = GoldenOps.inputs(golden, name);
      try (Tape tape = Tape.record()) {
        Tensor y = operation.getValue().apply(in);
        Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor(name + ".cotangent")), in.tensors().values());
        compare(golden, results, name + ".g.", in.tensors(), gradients, Comparison.PRODUCT);
      }
    }
  }

  /// Compares what the file has a gradient for.
  private static void compare(GoldenFile golden, Comparison results, String prefix, Map<String, Tensor> tensors,
      Gradients gradients,
      double tolerance) throws ModelFormatException {
    for (String name : golden.names(prefix)) {
      Tensor tensor = tensors.get(name.substring(prefix.length()));
      if (tensor == null) throw golden.config().refuse(name, "nothing of this name has a gradient");
      results.check(name, gradients.of(tensor), tolerance);
    }
  }

  static void rope(GoldenFile golden, Comparison results) throws IOException {
    for (long width : golden.config().integers("head_dims")) {
      String name = "d" + width + ".";
      if (!golden.has(name + "in.cotangent")) continue;
      int d = Math.toIntExact(width);
      int[] pairs = new WanConfig(d, 1, d, 1, 1, 1, 1, 2, 1, 1, new WanConfig.Patch(1, 1, 1), 1e-6f, 1).rotaryPairs();
      List<Tensor> tables = Rope.tables(golden.config().integers("grid"), pairs, golden.config().number("theta"), DType.F32,
          golden
              .device());
      Tensor x = golden.tensor(name + "in.x");
      try (Tape tape = Tape.record(List.of(x))) {
        Tensor y = Rope.rope(x, tables.get(0), tables.get(1));
        Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor(name + "in.cotangent")), List.of(x));
        results.check(name + "g_in.x", gradients.of(x), Comparison.ELEMENTWISE);
      }
    }
  }

  static void block(GoldenFile golden, Comparison results) throws IOException {
    try (WanBlock block = GoldenModels.block(golden); RotaryTables rope = GoldenModels.blockRotations(golden)) {
      // a whole model's names, less the block's place in it
      Map<String, Tensor> weights = new LinkedHashMap<>();
      block.parameters().forEach((name, t) -> weights.put(WanWeights.names().theirs(WanWeights.ORIGINAL, "blocks.0." + name)
          .substring("blocks.0.".length()), t));
      Tensor x = golden.tensor("in.x");
      Tensor e = golden.tensor("in.e");
      Tensor context = golden.tensor("in.context");
      List<Tensor> wanted = new ArrayList<>(weights.values());
      wanted.addAll(List.of(x, e, context));
      try (Tape tape = Tape.record(wanted)) {
        Tensor y = block.forward(new BlockInputs(x, e, new BlockText.Embedded(context), rope));
        Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor("in.cotangent")), wanted);
        compare(golden, results, "g.", weights, gradients, Comparison.MODEL);
        compare(golden, results, "g_in.", Map.of("x", x, "e", e, "context", context), gradients, Comparison.MODEL);
      }
      selfAttention(golden, results, block, rope, weights);
    }
  }

  /// Alone, with an input of its own.
  private static void selfAttention(GoldenFile golden, Comparison results, WanBlock block, RotaryTables rope,
      Map<String, Tensor> weights) throws IOException {
    Tensor x = golden.tensor("sa.in.x");
    Map<String, Tensor> own = new LinkedHashMap<>();
    weights.forEach((name, t) -> {
      if (name.startsWith("self_attn.")) own.put(name.substring("self_attn.".length()), t);
    });
    List<Tensor> wanted = new ArrayList<>(own.values());
    wanted.add(x);
    try (Tape tape = Tape.record(wanted)) {
      Tensor y = block.selfAttention().self(x, rope);
      Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor("sa.in.cotangent")), wanted);
      compare(golden, results, "sa.g.", own, gradients, Comparison.MODEL);
      results.check("sa.g_in.x", gradients.of(x), Comparison.MODEL);
    }
  }

  static void autoencoder(GoldenFile golden, Comparison results) throws IOException {
    if (!golden.has("grad.in.latent")) return;
    try (Tae tae = GoldenModels.tae(golden)) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      TaeWeights.named(tae).forEach((name, t) -> {
        if (name.startsWith("decoder.")) weights.put(name.substring("decoder.".length()), t);
      });
      Tensor latent = golden.tensor("grad.in.latent");
      List<Tensor> wanted = new ArrayList<>(weights.values());
      wanted.add(latent);
      try (Tape tape = Tape.record(wanted)) {
        Tensor y = tae.decoder().decodeRaw(latent.transpose(1, 2));
        Gradients gradients = tape.gradients(List.of(y), List.of(golden.tensor("grad.in.cotangent")), wanted);
        compare(golden, results, "grad.g.", weights, gradients, Comparison.GRADIENT);
        results.check("grad.g_in.latent", gradients.of(latent), Comparison.GRADIENT);
      }
    }
  }
}

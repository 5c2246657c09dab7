package dev.raiju.training.verify;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Losses;
import dev.raiju.training.distill.FlowLoss;
import dev.raiju.training.flow.FlowMatching;
import dev.raiju.training.optim.GradientNorm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Gradients of whole transformers.
final class GradientChecks {
  private GradientChecks() {}

  static void transformer(GoldenFile golden, Comparison results) throws IOException {
    try (WanTransformer model = GoldenModels.wan(golden.sibling("wan_dit"), "w.")) {
      Tensor x0 = golden.tensor("in.x0");
      Tensor noise = golden.tensor("in.noise");
      Tensor timestep = golden.tensor("in.t");
      Tensor sigma = timestep.div(1000);
      Tensor x = FlowMatching.noised(x0, noise, sigma);
      Tensor context = golden.tensor("in.context");
      results.check("mid.x_t", x, Comparison.ELEMENTWISE);
      results.check("mid.target", FlowMatching.velocity(x0, noise), Comparison.ELEMENTWISE);

      List<Tensor> wanted = new ArrayList<>(model.parameters().values());
      wanted.addAll(List.of(x, context));
      try (Tape tape = Tape.record(wanted)) {
        Tensor velocity = model.forward(x, timestep, context);
        Tensor loss = Losses.mse(velocity, FlowMatching.velocity(x0, noise));
        results.check("out.v", velocity, Comparison.MODEL);
        results.check("out.loss", loss, Comparison.MODEL);
        Gradients gradients = tape.gradients(loss, wanted);
        parameters(golden, results, model, gradients, "g.");
        results.check("g_in.x_t", gradients.of(x), Comparison.GRADIENT);
        results.check("g_in.context", gradients.of(context), Comparison.GRADIENT);
      }
      results.check("out.loss", FlowLoss.of(model::forward, x0, noise, sigma, context), Comparison.MODEL);
    }
  }

  /// Compares the gradients of those parameters that the file has one for, from the last block to the first: a mistake shows first
  /// where a backward pass meets it.
  static void parameters(GoldenFile golden, Comparison results, WanTransformer model, Gradients gradients, String prefix)
      throws ModelFormatException {
    for (Map.Entry<String, Tensor> parameter : WanWeights.named(model, WanWeights.ORIGINAL).reversed().entrySet()) {
      String name = prefix + parameter.getKey();
      if (golden.has(name)) results.check(name, gradients.of(parameter.getValue()), Comparison.GRADIENT);
    }
  }

  /// The length of the gradient of all parameters.
  static double[] norm(WanTransformer model, Gradients gradients) {
    return new double[] {GradientNorm.of(model.parameters().values().stream().map(gradients::of).toList())};
  }
}

package dev.raiju.training.verify;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.verify.Comparison;
import dev.raiju.models.verify.GoldenFile;
import dev.raiju.models.verify.GoldenModels;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.tensor.op.Linear;
import dev.raiju.training.distill.Alignment;
import dev.raiju.training.distill.StudentLoss;
import dev.raiju.training.flow.FlowMatching;
import dev.raiju.training.prune.Grams;
import dev.raiju.training.prune.Importance;
import dev.raiju.training.prune.Kept;
import dev.raiju.training.prune.Pruner;
import dev.raiju.training.prune.Ranking;
import dev.raiju.training.prune.TaylorRule;
import dev.raiju.training.prune.TaylorScores;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Scores, pruning by them, and the first stage of training after it.
final class PruningChecks {
  private static final String GRAM = "gram.";

  private PruningChecks() {}

  /// One layer.
  static void scores(GoldenFile golden, Comparison results) throws IOException {
    Tensor weight = golden.tensor("in.W");
    Map<String, Tensor> weights = Map.of("W", weight);
    try (TaylorScores scores = TaylorScores.listen(weights); Grams grams = Grams.listen(weights)) {
      Linear.linear(golden.tensor("in.X"), weight, golden.tensor("in.b"));
      results.check("out.gram", grams.of("W"), Comparison.PRODUCT);
      TaylorScores.Layer layer = scores.layer("W");
      results.check("out.row", layer.rows(), Comparison.PRODUCT);
      results.check("out.row_bias_only", layer.biasOnly(), Comparison.PRODUCT);
      results.check("out.row_with_bias", layer.rowsWithBias(), Comparison.PRODUCT);
      TaylorScores.Layer heads = layer.grouped(Math.toIntExact(golden.config().integer("head_dim")));
      results.check("out.head", heads.rows(), Comparison.PRODUCT);
      results.check("out.head_with_bias", heads.rowsWithBias(), Comparison.PRODUCT);
      results.check("out.order", indices(Ranking.falling(layer.rows())));
    }
  }

  private static long[] indices(List<Integer> list) { return list.stream().mapToLong(i -> i).toArray(); }

  /// A transformer.
  static void student(GoldenFile golden, Comparison results) throws IOException {
    GoldenFile whole = golden.sibling("wan_dit");
    try (WanTransformer teacher = GoldenModels.wan(whole, "w.")) {
      Kept kept = choose(golden, results, teacher);
      try (WanTransformer student = Pruner.prune(teacher, kept)) {
        var weights = WanWeights.named(student, WanWeights.ORIGINAL);
        for (String name : golden.names("w_pruned.")) {
          Tensor weight = weights.get(name.substring("w_pruned.".length()));
          if (weight == null) throw golden.config().refuse(name, "the student has no such weight");
          results.check(name, weight, Comparison.EXACT);
        }
        Tensor velocity = student.forward(whole.tensor("in.x"), whole.tensor("in.t"), whole.tensor("in.context"));
        results.check("out.v_pruned", velocity, Comparison.GRADIENT);
        stageOne(golden, results, teacher, student);
      }
    }
  }

  private static Kept choose(GoldenFile golden, Comparison results, WanTransformer teacher) throws IOException {
    WanConfig config = teacher.config();
    Map<String, String> names = ownNames(teacher);
    Map<String, Tensor> watched = new LinkedHashMap<>();
    for (String name : golden.names(GRAM)) {
      String layer = name.substring(GRAM.length());
      watched.put(layer, Objects.requireNonNull(teacher.parameters().get(own(golden, names, layer))));
    }
    try (TaylorScores scores = TaylorScores.listen(teacher.parameters()); Grams grams = Grams.listen(watched)) {
      for (int i = 0; golden.has("cal" + i + ".x"); i++) {
        String batch = "cal" + i + ".";
        teacher.forward(golden.tensor(batch + "x"), golden.tensor(batch + "t"), golden.tensor(batch + "context"));
      }
      for (String layer : watched.keySet()) results.check(GRAM + layer, grams.of(layer), Comparison.GRADIENT);
      for (String name : golden.names("score.")) {
        if (!name.endsWith(".row")) continue;
        String prefix = name.substring(0, name.length() - ".row".length());
        TaylorScores.Layer layer = scores.layer(own(golden, names, prefix.substring("score.".length())));
        results.check(name, layer.rows(), Comparison.GRADIENT);
        results.check(prefix + ".row_bias_only", layer.biasOnly(), Comparison.GRADIENT);
        results.check(prefix + ".row_with_bias", layer.rowsWithBias(), Comparison.GRADIENT);
      }
      Importance importance = Importance.taylor(scores, config);
      heads(results, importance, "head_qkv");
      heads(results, Importance.taylor(scores, config, new TaylorRule(TaylorRule.Heads.VALUE, TaylorRule.Bias.NONE)), "head_v");
      Kept kept = importance.best(golden.config().integer("heads_kept", 1, config.heads()), golden.config().integer("ffn_kept", 1,
          config.ffn()));
      for (int i = 0; i < config.layers(); i++) {
        results.check("score.blocks." + i + ".ffn.neuron", importance.blocks().get(i).neurons(), Comparison.GRADIENT);
        Kept.Block block = kept.blocks().get(i);
        results.check("keep.blocks." + i + ".self_attn", indices(block.selfHeads()));
        results.check("keep.blocks." + i + ".cross_attn", indices(block.crossHeads()));
        results.check("keep.blocks." + i + ".ffn", indices(block.neurons()));
      }
      return kept;
    }
  }

  private static void heads(Comparison results, Importance importance, String name) throws ModelFormatException {
    for (int i = 0; i < importance.blocks().size(); i++) {
      Importance.Block block = importance.blocks().get(i);
      results.check("score.blocks." + i + ".self_attn." + name, block.selfHeads(), Comparison.GRADIENT);
      results.check("score.blocks." + i + ".cross_attn." + name, block.crossHeads(), Comparison.GRADIENT);
    }
  }

  /// The name of each weight in checkpoints with its own.
  private static Map<String, String> ownNames(WanTransformer model) {
    Map<String, String> names = new LinkedHashMap<>();
    Iterator<String> own = model.parameters().keySet().iterator();
    WanWeights.named(model, WanWeights.ORIGINAL).keySet().forEach(name -> names.put(name, own.next()));
    return names;
  }

  private static String own(GoldenFile golden, Map<String, String> names, String layer) throws ModelFormatException {
    String name = names.get(layer + ".weight");
    if (name == null) throw golden.config().refuse(layer, "the transformer has no such layer");
    return name;
  }

  private static void stageOne(GoldenFile golden, Comparison results, WanTransformer teacher, WanTransformer student)
      throws IOException {
    Tensor x0 = golden.tensor("s1.in.x0");
    Tensor noise = golden.tensor("s1.in.noise");
    Tensor timestep = golden.tensor("s1.in.t");
    Tensor sigma = timestep.div(1000);
    Tensor context = golden.tensor("s1.in.context");
    Tensor x = FlowMatching.noised(x0, noise, sigma);
    results.check("s1.mid.x_t", x, Comparison.ELEMENTWISE);
    results.check("s1.out.v_teacher", teacher.forward(x, timestep, context), Comparison.GRADIENT);
    results.check("s1.out.v_student", student.forward(x, timestep, context), Comparison.GRADIENT);
    // these files add the blocks up where we take the mean
    int blocks = student.config().layers();
    StudentLoss rule = new StudentLoss(1, 1, blocks, Alignment.ALL);
    try (Tape tape = Tape.record(student.parameters().values())) {
      StudentLoss.Terms terms = rule.of(student, teacher, x0, noise, sigma, context);
      for (int i = 0; i < blocks; i++) results.check("s1.out.layer_mse." + i, terms.blocks().get(i), Comparison.GRADIENT);
      results.check("s1.out.loss_fm", terms.flow(), Comparison.GRADIENT);
      results.check("s1.out.loss_output", terms.output(), Comparison.GRADIENT);
      results.check("s1.out.loss_layer", Tensor.stack(0, terms.blocks()).sum(), Comparison.GRADIENT);
      results.check("s1.out.loss_total", terms.total(), Comparison.GRADIENT);
      Gradients gradients = tape.gradients(terms.total(), student.parameters().values());
      GradientChecks.parameters(golden, results, student, gradients, "s1.g.");
      results.check("s1.out.grad_norm_all", GradientChecks.norm(student, gradients), Comparison.GRADIENT);
    }
  }
}

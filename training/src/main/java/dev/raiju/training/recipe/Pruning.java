package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.prune.BlockSource;
import dev.raiju.training.prune.Budget;
import dev.raiju.training.prune.Calibration;
import dev.raiju.training.prune.Criterion;
import dev.raiju.training.prune.Kept;
import dev.raiju.training.prune.LearnableMask;
import dev.raiju.training.prune.Pruner;
import dev.raiju.training.prune.Refit;
import dev.raiju.training.prune.Selection;
import dev.raiju.training.prune.TaylorOptions;
import dev.raiju.training.prune.TaylorRule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// How a teacher is pruned: the `"prune"` of a chain's configuration. `"method"` is `taylor`, `magnitude`, `random`, `output-aware`,
/// which keep `heads` and `ffn` of every block; or `block-influence`, `random-blocks`, `spaced-blocks`, `learnable-mask`, which keep
/// `layers` blocks.
///
/// @param heads of each attention
/// @param ffn neurons
/// @param samples that the scores are made from
/// @param selection what is kept
/// @param refit whether the products behind what was cut are fitted anew
record Pruning(int heads, int ffn, int samples, Selection selection, boolean refit) {
  private static final int LARGEST = 1 << 24;

  static Pruning read(Fields json) throws ModelFormatException {
    String method = json.string("method", "taylor");
    long seed = json.integer("seed", 0);
    int samples = json.integer("samples", 1, LARGEST);
    boolean refit = json.flag("refit", false);
    boolean whole = json.has("layers");
    int heads = whole ? 1 : json.integer("heads", 1, LARGEST);
    int ffn = whole ? 1 : json.integer("ffn", 1, LARGEST);
    Pruning pruning = new Pruning(heads, ffn, samples, whole
        ? blocks(json, method, seed)
        : Selection.of(criterion(json, method,
            seed), new Budget(heads, ffn, choice(json, "spread", Budget.Spread.UNIFORM))), refit);
    json.refuseUnknown();
    return pruning;
  }

  /// A teacher cut so: a model of its own.
  ///
  /// @param batches to make the scores from, spread over the noise levels
  /// @throws IOException if the teacher cannot be read
  WanTransformer of(WanTransformer teacher, Batches batches, Umt5Encoder encoder) throws IOException {
    try (Scope scope = Scope.open(); BlockSource source = BlockSource.of(teacher)) {
      List<Calibration.Batch> drawn = new ArrayList<>();
      for (int step = 1, count = 0; count < samples; step++) {
        Batches.Batch at = batches.at(step);
        List<Integer> lengths = at.text().lengths();
        drawn.add(Calibration.noised(at.clean(), at.noise(), at.sigma(), at.text().context(encoder), lengths));
        count += lengths.size();
      }
      Calibration calibration = Calibration.of(drawn);
      Kept kept = selection.choose(source, calibration);
      return refit
          ? teacher.around(kept.of(teacher.config()), Refit.blocks(source, kept, calibration))
          : Pruner.prune(teacher, kept);
    }
  }

  private static Criterion criterion(Fields json, String method, long seed) throws ModelFormatException {
    TaylorRule rule = new TaylorRule(choice(json, "head_score", TaylorRule.Heads.QUERY_KEY_VALUE), choice(json, "bias",
        TaylorRule.Bias.NONE));
    boolean padding = json.flag("padding", true);
    boolean grams = json.flag("grams", false);
    return switch (method) {
      case "taylor" -> Criterion.taylor(new TaylorOptions(rule, padding, grams));
      case "magnitude" -> Criterion.magnitude(rule.heads());
      case "random" -> Criterion.random(seed);
      case "output-aware" -> Criterion.outputAware();
      default -> throw json.refuse("method", "is " + method + "; needs taylor, magnitude, random or output-aware, or layers");
    };
  }

  private static Selection blocks(Fields json, String method, long seed) throws ModelFormatException {
    int layers = json.integer("layers", 1, LARGEST);
    return switch (method) {
      case "block-influence" -> Selection.blockInfluence(layers);
      case "random-blocks" -> Selection.randomBlocks(layers, seed);
      case "spaced-blocks" -> Selection.spacedBlocks(layers);
      case "learnable-mask" -> new LearnableMask(json.integer("group", 2, 16), json.integer("keep", 1, 15), json.integer(
          "mask_steps",
          1, LARGEST), json.number("mask_rate", 1e-3), json.has("rank") ? json.integer("rank", 1, 1024) : 8, seed);
      default -> throw json.refuse("method", "is " + method
          + "; with layers needs block-influence, random-blocks, spaced-blocks or learnable-mask");
    };
  }

  /// A constant by its name in lower case, with dashes.
  private static <E extends Enum<E>> E choice(Fields json, String name, E usual) throws ModelFormatException {
    String given = json.string(name, word(usual));
    E[] all = usual.getDeclaringClass().getEnumConstants();
    return Arrays.stream(all).filter(one -> word(one).equals(given)).findFirst().orElseThrow(() -> json.refuse(name, "is " + given
        + "; needs one of " + Arrays.stream(all).map(Pruning::word).collect(Collectors.joining(", "))));
  }

  private static String word(Enum<?> constant) { return constant.name().toLowerCase(Locale.ROOT).replace('_', '-'); }
}

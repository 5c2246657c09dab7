package dev.raiju.export.cli;

import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.nn.Module;
import dev.raiju.models.pipeline.ModelFolder;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.io.TensorFile;
import dev.raiju.training.prune.BlockSource;
import dev.raiju.training.prune.Budget;
import dev.raiju.training.prune.Calibration;
import dev.raiju.training.prune.Criterion;
import dev.raiju.training.prune.Kept;
import dev.raiju.training.prune.PrunedFile;
import dev.raiju.training.prune.Refit;
import dev.raiju.training.prune.Selection;
import dev.raiju.training.prune.TaylorOptions;
import dev.raiju.training.prune.TaylorRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// `raiju prune`: a smaller model from a larger one, by forward passes alone. The weights are gone through block by block and never
/// are in memory as a whole; neither are the ones that are left.
final class Prune implements Command {
  private static final List<String> METHODS = List.of("taylor", "magnitude", "random", "output-aware", "block-influence");
  private static final List<String> HEADS = List.of("qkv", "value", "rank");
  private static final List<String> BIASES = List.of("none", "added", "joint");
  private static final List<String> SPREADS = List.of("uniform", "global");

  @Override
  public String name() { return "prune"; }

  @Override
  public String arguments() { return "MODEL --out DIR [OPTION …]"; }

  @Override
  public String summary() { return "makes a smaller model from a larger one, by forward passes alone"; }

  @Override
  public List<Option> options() {
    List<Option> options = new ArrayList<>(List.of(
        Option.of("--out", "DIR", "a new folder for the model; text encoder and decoder stay where they are"),
        Option.of("--heads", "N", "heads of each attention [all]"),
        Option.of("--ffn", "N", "neurons of each feed-forward network [all]"),
        Option.of("--layers", "N", "blocks; by block-influence only [all]"),
        Option.of("--method", "NAME", "one of " + String.join(", ", METHODS) + " [taylor]"),
        Option.of("--spread", "NAME", "whether blocks keep as much each, or compete: uniform, global [uniform]"),
        Option.of("--head-score", "NAME", "what counts for a head: qkv, value, rank [qkv]"),
        Option.of("--bias", "NAME", "how biases count: none, added, joint [none]"),
        Option.flag("--skip-padding", "keys and values of padded text do not count"),
        Option.flag("--grams", "scores from the inputs' Gram matrices: the same, with more memory"),
        Option.flag("--refit", "the products behind what was cut get the weights that make up best for it")));
    options.addAll(CalibrationPrompts.OPTIONS);
    return options;
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    ModelFolder folder = ModelFolder.open(arguments.onlyPath("a model folder"));
    Path out = arguments.path("--out").orElseThrow(() -> UserError.usage("prune: --out: missing; needs a new folder"));
    if (Files.exists(out)) throw UserError.of("prune: " + out + " is there already; name a new folder");
    Device device = Device.best();
    WanConfig config = folder.transformerConfig();
    Selection selection = selection(arguments, config);
    boolean refit = arguments.has("--refit");
    long begun = System.nanoTime();
    try (Scope _ = Scope.open();
        TensorFile weights = TensorFile.open(Objects.requireNonNull(folder.parts().get("transformer")));
        BlockSource source = BlockSource.of(weights, config, device)) {
      CalibrationPrompts prompts = CalibrationPrompts.of(arguments, folder, config, device);
      console.note("prune: " + prompts);
      Calibration calibration = refit ? Calibration.of(prompts.points(source)) : prompts.calibration();
      Kept kept = selection.choose(source, calibration);
      List<WanBlock> refitted = refit ? Refit.blocks(source, kept, calibration) : List.of();
      try (PrunedFile pruned = PrunedFile.of(source, kept, refitted)) {
        write(pruned, folder, out);
        long before = weights.entries().values().stream().mapToLong(spec -> spec.shape().elements()).sum();
        long after = pruned.entries().values().stream().mapToLong(spec -> spec.shape().elements()).sum();
        console.print(String.format(Locale.ROOT, "%s: %,d parameters to %,d in %s", out, before, after, Units.seconds((System
            .nanoTime() - begun) / 1e9)));
      } finally {
        refitted.forEach(Module::close);
      }
    }
    return 0;
  }

  private static Selection selection(Arguments arguments, WanConfig config) {
    String method = choice(arguments, "--method", METHODS);
    if (method.equals("block-influence")) {
      for (String other : new String[] {"--heads", "--ffn"}) {
        if (arguments.has(other))
          throw UserError.usage("prune: " + other + ": block-influence keeps whole blocks; needs --layers");
      }
      return Selection.blockInfluence((int) arguments.whole("--layers", 1, config.layers(), config.layers()));
    }
    if (arguments.has("--layers"))
      throw UserError.usage("prune: --layers: " + method + " keeps all blocks; needs --method "
          + "block-influence");
    int heads = (int) arguments.whole("--heads", 1, config.heads(), config.heads());
    int neurons = (int) arguments.whole("--ffn", 1, config.ffn(), config.ffn());
    Budget.Spread spread = Budget.Spread.values()[SPREADS.indexOf(choice(arguments, "--spread", SPREADS))];
    return Selection.of(criterion(arguments, method), new Budget(heads, neurons, spread));
  }

  private static Criterion criterion(Arguments arguments, String method) {
    TaylorRule.Heads heads = TaylorRule.Heads.values()[HEADS.indexOf(choice(arguments, "--head-score", HEADS))];
    TaylorRule.Bias bias = TaylorRule.Bias.values()[BIASES.indexOf(choice(arguments, "--bias", BIASES))];
    return switch (method) {
      case "taylor" -> Criterion.taylor(new TaylorOptions(new TaylorRule(heads, bias), !arguments.has("--skip-padding"), arguments
          .has("--grams")));
      case "magnitude" -> Criterion.magnitude(heads);
      case "output-aware" -> Criterion.outputAware();
      default -> Criterion.random(arguments.whole("--seed", 0, Long.MAX_VALUE, 0));
    };
  }

  private static String choice(Arguments arguments, String option, List<String> known) {
    String value = arguments.text(option).orElse(known.getFirst());
    if (known.contains(value)) return value;
    throw UserError.usage("prune: " + option + ": no such choice: " + value + Spelling.suggestion(value, known) + "; there are "
        + String.join(", ", known));
  }

  /// The folder with the transformer, and where everything else lies.
  private static void write(PrunedFile pruned, ModelFolder folder, Path out) throws IOException {
    Durable durable = Durable.system();
    Path part = out.resolve("transformer");
    durable.makeDirectory(part);
    durable.write(part.resolve("diffusion_pytorch_model.safetensors"), SafeTensors.contents(pruned, Map.of("format", "pt")));
    durable.write(part.resolve("config.json"), WanConfigs.write(pruned.config()).pretty() + "\n");
    Path here = out.toRealPath();
    Json.Obj elsewhere = Json.object();
    for (String name : folder.parts().keySet().stream().sorted().toList()) {
      if (!name.equals("transformer"))
        elsewhere = elsewhere.with(name, relative(here, Objects.requireNonNull(folder.parts().get(name))));
    }
    durable.write(out.resolve("raiju.json"), folder.recipe().write().with("parts", elsewhere).pretty() + "\n");
  }

  private static String relative(Path here, Path part) throws IOException {
    Path there = part.toRealPath();
    boolean together = Objects.equals(here.getRoot(), there.getRoot());
    return (together ? here.relativize(there) : there).toString().replace('\\', '/');
  }
}

package dev.raiju.export.cli;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.pipeline.RandomModel;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.vae.TaeConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `raiju mock`: a model of the real shapes with random weights, to find out what the real one takes.
final class Mock implements Command {
  private static final Map<String, WanConfig> SHAPES = new LinkedHashMap<>();

  static {
    SHAPES.put("0.9b", WanConfig.LIGHTNING);
    SHAPES.put("1.3b", WanConfig.WAN_1_3B);
    SHAPES.put("14b", WanConfig.WAN_14B);
  }

  @Override
  public String name() { return "mock"; }

  @Override
  public String arguments() { return "DIR [OPTION …]"; }

  @Override
  public String summary() { return "writes a model of the real shapes with random weights, to measure with"; }

  @Override
  public List<Option> options() {
    return List.of(
        Option.of("--shape", "NAME", "of the transformer, in bf16: 0.9b (pruned), 1.3b, 14b [1.3b]"),
        Option.of("--text-encoder", "DIR", "one that is there already [UMT5-XXL in int4, 3.2 GB]"),
        Option.of("--tokenizer", "FILE", "a spiece.model [that of the shipped model]"),
        Option.of("--seed", "N", "of the weights [0]"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Exception {
    Path folder = arguments.onlyPath("a new folder");
    String name = arguments.text("--shape").orElse("1.3b");
    WanConfig shape = SHAPES.get(name);
    if (shape == null)
      throw UserError.usage("mock: --shape: got " + name + "; needs one of " + String.join(", ", SHAPES
          .keySet()));
    Path tokenizer = arguments.path("--tokenizer").orElseGet(() -> Raiju.root().resolve(ClipMaker.SHIPPED).resolve(
        "tokenizer/spiece.model"));
    new RandomModel(shape, Umt5Config.XXL, TaeConfig.TAEW2_1, tokenizer, arguments.path("--text-encoder"), arguments.whole(
        "--seed", 0, Long.MAX_VALUE, 0)).write(folder);
    console.print(folder + ": a model of the shapes of Wan 2.1 " + name + " with random weights");
    return 0;
  }
}

package dev.raiju.bench;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.tensor.Device;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Blocks, whole transformers and training steps of four sizes.
final class ModelCases {
  /// The sizes of models, by the names of cases.
  static final Map<String, WanConfig> CONFIGS = configs();
  /// Latents as frames, height and width.
  static final Map<String, Grid> GRIDS = grids();

  private ModelCases() {}

  /// A latent, which patches of 1 x 2 x 2 make tokens of.
  record Grid(long frames, long height, long width) {
    long tokens() { return frames * (height / 2) * (width / 2); }
  }

  private static Map<String, WanConfig> configs() {
    Map<String, WanConfig> all = new LinkedHashMap<>();
    all.put("tiny", config(128, 2, 64, 512, 4, 256, 64));
    all.put("small", config(384, 6, 64, 1536, 8, 512, 128));
    all.put("wan13b", WanConfig.WAN_1_3B);
    all.put("lightning", WanConfig.LIGHTNING);
    return all;
  }

  private static WanConfig config(int dim, int heads, int headWidth, int ffn, int layers, int textDim, int textLength) {
    WanConfig wan = WanConfig.WAN_1_3B;
    return new WanConfig(dim, heads, headWidth, ffn, layers, textDim, textLength, wan.freqDim(), wan.inChannels(), wan
        .outChannels(), wan.patch(), wan.eps(), wan.ropeTheta());
  }

  private static Map<String, Grid> grids() {
    Map<String, Grid> all = new LinkedHashMap<>();
    all.put("t64", new Grid(1, 16, 16));
    all.put("t256", new Grid(4, 16, 16));
    all.put("t1280", new Grid(5, 32, 32));
    all.put("t4096", new Grid(4, 64, 64));
    all.put("t11154", new Grid(13, 44, 78));
    all.put("t32760", new Grid(21, 60, 104));
    return all;
  }

  static List<Case> all() {
    List<Case> all = new ArrayList<>();
    for (String config : CONFIGS.keySet()) {
      for (String grid : List.of("t256", "t1280")) all.add(block(config, grid));
    }
    for (String config : List.of("wan13b", "lightning")) {
      for (String grid : List.of("t4096", "t11154", "t32760")) all.add(block(config, grid).heavy(true));
    }
    for (String config : List.of("tiny", "small")) {
      for (String grid : List.of("t256", "t1280")) {
        Case forward = forward(config, grid);
        all.add(forward);
        all.add(forward.named("fwd_compiled_" + config + "_" + grid));
      }
    }
    for (String config : List.of("wan13b", "lightning")) {
      for (String grid : List.of("t64", "t1280", "t11154", "t32760")) all.add(forward(config, grid).heavy(true));
      all.add(forward(config, "t11154").named("fwd_compiled_" + config + "_t11154").heavy(true));
    }
    for (String config : List.of("tiny", "small")) {
      for (String grid : List.of("t256", "t1280")) {
        Case training = training(config, grid);
        all.add(training);
        all.add(training.named("train_compiled_" + config + "_" + grid));
      }
    }
    for (String config : List.of("wan13b", "lightning")) all.add(training(config, "t1280").heavy(true));
    return all;
  }

  private static Case block(String config, String grid) {
    WanConfig c = named(CONFIGS, config);
    Grid g = named(GRIDS, grid);
    return Case.of("block_" + config + "_" + grid, _ -> Work.of(blockFlop(c, g.tokens()), 0, g.tokens(), c.dim()),
        (kind, device) -> BlockTask.of(kind, device, c, g));
  }

  private static Case forward(String config, String grid) {
    WanConfig c = named(CONFIGS, config);
    Grid g = named(GRIDS, grid);
    return Case.of("fwd_" + config + "_" + grid, _ -> Work.of(modelFlop(c, g.tokens()), 0, g.tokens()).params(parameters(c)),
        (kind, device) -> ForwardTask.of(kind, device, c, g));
  }

  private static Case training(String config, String grid) {
    WanConfig c = named(CONFIGS, config);
    Grid g = named(GRIDS, grid);
    return Case.of("train_" + config + "_" + grid, _ -> Work.of(3 * modelFlop(c, g.tokens()), 0, g.tokens()).params(parameters(
        c)), (kind, device) -> TrainingTask.of(kind, device, c, g));
  }

  private static <T> T named(Map<String, T> all, String name) {
    return Objects.requireNonNull(all.get(name), name);
  }

  private static long blockFlop(WanConfig c, long tokens) {
    long dim = c.dim();
    long inner = c.innerWidth();
    long text = c.textLength();
    long linear = 2 * tokens * (6 * dim * inner + 2 * dim * c.ffn()) + 2 * text * 2 * dim * inner;
    return linear + 4 * tokens * tokens * inner + 4 * tokens * text * inner;
  }

  private static long modelFlop(WanConfig c, long tokens) {
    long dim = c.dim();
    long ends = 2 * tokens * (2L * c.patch().positions() * c.inChannels() * dim);
    long embedded = 2 * c.textLength() * (c.textDim() * dim + dim * dim) + 2 * (c.freqDim() * dim + 7 * dim * dim);
    return c.layers() * blockFlop(c, tokens) + ends + embedded;
  }

  private static long parameters(WanConfig c) {
    try (WanTransformer model = WanTransformer.create(c, Initializer.shapes(Device.reference()))) {
      return model.parameterCount();
    }
  }
}

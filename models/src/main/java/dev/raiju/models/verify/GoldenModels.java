package dev.raiju.models.verify;

import dev.raiju.models.dit.RotaryTables;
import dev.raiju.models.dit.TokenGrid;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.dit.WanWeights;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.models.nn.WeightsReader;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.Umt5Weights;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeWeights;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;

/// Models made from golden files: their sizes from the configuration, their weights from the file. Owned by the caller.
public final class GoldenModels {
  private GoldenModels() {}

  /// A transformer that was not pruned.
  ///
  /// @param prefix of its weights, such as `w.`
  public static WanTransformer wan(GoldenFile golden, String prefix) throws ModelFormatException {
    return WanWeights.load(golden.weights(prefix), GoldenConfigs.wan(golden.config()), golden.device());
  }

  /// A transformer that was pruned.
  public static WanTransformer prunedWan(GoldenFile golden, String prefix) throws ModelFormatException {
    return WanWeights.load(golden.weights(prefix), GoldenConfigs.prunedWan(golden.config()), golden.device());
  }

  public static Umt5Encoder umt5(GoldenFile golden) throws ModelFormatException {
    return Umt5Weights.load(golden.weights("w."), GoldenConfigs.umt5(golden.config()), golden.device());
  }

  public static Tae tae(GoldenFile golden) throws ModelFormatException {
    return TaeWeights.load(golden.weights("w."), GoldenConfigs.tae(golden.config()), golden.device());
  }

  /// The block of a file of kind `attn_block`.
  public static WanBlock block(GoldenFile golden) throws ModelFormatException {
    try (Alone skeleton = new Alone(WanBlock.create(Initializer.shapes(golden.device()), blockConfig(golden.config())))) {
      return new WeightsReader(golden.part("w.", "blocks.0."), WanWeights.names()).load(skeleton, golden.device()).block();
    }
  }

  /// A block under the name that checkpoints have for it.
  private record Alone(WanBlock block) implements Module<Alone> {
    @Override
    public Alone map(ParameterMap p) { return new Alone(p.module("blocks.0", block)); }
  }

  /// Rotations for the grid of a file of kind `attn_block`.
  public static RotaryTables blockRotations(GoldenFile golden) throws ModelFormatException {
    long[] grid = golden.config().integers("grid");
    if (grid.length != 3) throw golden.config().refuse("grid", "needs three sizes");
    TokenGrid tokens = new TokenGrid(Math.toIntExact(grid[0]), Math.toIntExact(grid[1]), Math.toIntExact(grid[2]));
    return RotaryTables.of(tokens, blockConfig(golden.config()), DType.F32, golden.device());
  }

  /// What is around the block does not matter.
  private static WanConfig blockConfig(Fields config) throws ModelFormatException {
    int dim = Math.toIntExact(config.integer("dim"));
    int heads = Math.toIntExact(config.integer("num_heads"));
    int text = Math.toIntExact(config.integer("text_tokens"));
    return new WanConfig(dim, heads, dim / heads, Math.toIntExact(config.integer("ffn_dim")), 1, dim, text, 2, 1, 1,
        new WanConfig.Patch(1, 1, 1), (float) config.number("eps"), WanConfig.WAN_1_3B.ropeTheta());
  }
}

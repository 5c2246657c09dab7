package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The video diffusion transformer of Wan 2.1: from a noisy latent, a timestep and a text to the velocity `noise - data`. Wan team
/// 2025, arXiv:2503.20314.
///
/// ```java
/// try (var scope = Scope.open()) {
///   Tensor velocity = model.forward(latent, timestep, context);
/// }
/// ```
/// The residual stream, norms and modulation have the type of the parameters that are no matrices, normally f32; the matrices may be
/// stored narrow, see [Module#narrow]. Use by one thread at a time.
public final class WanTransformer implements Module<WanTransformer> {
  private final WanConfig config;
  private final PatchEmbedding patches;
  private final TextEmbedding text;
  private final TimeEmbedding time;
  private final List<WanBlock> blocks;
  private final WanHead head;
  // clips of one size follow each other: the last grid's tables are kept
  private @Nullable TokenGrid grid;
  private @Nullable RotaryTables tables;

  private WanTransformer(WanConfig config, PatchEmbedding patches, TextEmbedding text, TimeEmbedding time, List<WanBlock> blocks,
      WanHead head) {
    this.config = config;
    this.patches = patches;
    this.text = text;
    this.time = time;
    this.blocks = List.copyOf(blocks);
    this.head = head;
  }

  /// A new model. Its blocks begin by changing nothing and its head by giving zeros.
  public static WanTransformer create(WanConfig config, Initializer init) {
    PatchEmbedding patches = PatchEmbedding.create(init, config);
    TextEmbedding text = TextEmbedding.create(init, config);
    TimeEmbedding time = TimeEmbedding.create(init, config);
    List<WanBlock> blocks = IntStream.range(0, config.layers()).mapToObj(i -> WanBlock.create(init, config, config.block(i)))
        .toList();
    return new WanTransformer(config, patches, text, time, blocks, WanHead.create(init, config));
  }

  /// A model that is this one around blocks of other sizes. It owns `blocks` from then on; everything else is copied.
  ///
  /// @param config says the sizes and the number of `blocks`, and otherwise what this model's does
  public WanTransformer around(WanConfig config, List<WanBlock> blocks) {
    if (!config.isAroundSame(this.config) || blocks.size() != config.layers())
      throw new ShapeException("wan: %d blocks of %s; needs what goes into %s", blocks.size(), config, this.config);
    return new WanTransformer(config, patches.copy(), text.copy(), time.copy(), blocks, head.copy());
  }

  /// What a forward pass gives beside its result.
  ///
  /// @param velocity `[B, C, T, H, W]`
  /// @param blocks the residual stream after each block, `[B, N, D]`
  public record Outputs(Tensor velocity, List<Tensor> blocks) {}

  /// @param latent `[B, C, T, H, W]`; frames, height and width multiples of the patch
  /// @param timestep `[B]`, `1000 · sigma`
  /// @param context `[B, L, text width]`, the text encoder's output, padded with zeros
  /// @return the velocity, `[B, C, T, H, W]`
  /// @throws ShapeException if something does not fit
  public Tensor forward(Tensor latent, Tensor timestep, Tensor context) {
    return forward(latent, timestep, context, BlockRunner.PLAIN);
  }

  /// The same with the blocks called by `runner`.
  public Tensor forward(Tensor latent, Tensor timestep, Tensor context, BlockRunner runner) {
    try (Scope scope = Scope.open()) {
      BlockText states = new BlockText.Embedded(embed(context));
      return scope.keep(run(latent, timestep, _ -> states, runner, null));
    }
  }

  /// The same for a prompt whose keys and values are there.
  public Tensor forward(Tensor latent, Tensor timestep, TextKeys context, BlockRunner runner) {
    return run(latent, timestep, context.blocks()::get, runner, null);
  }

  /// The same with what every block gives: for alignment with another model.
  public Outputs forwardWithBlocks(Tensor latent, Tensor timestep, Tensor context, BlockRunner runner) {
    try (Scope scope = Scope.open()) {
      BlockText states = new BlockText.Embedded(embed(context));
      List<Tensor> outputs = new ArrayList<>();
      Tensor velocity = scope.keep(run(latent, timestep, _ -> states, runner, outputs));
      return new Outputs(velocity, List.copyOf(scope.keep(outputs)));
    }
  }

  /// Keys and values of a prompt for all blocks, owned by the caller.
  ///
  /// @param context `[B, L, text width]`
  public TextKeys keys(Tensor context) {
    try (Scope scope = Scope.open()) {
      Tensor states = embed(context);
      List<BlockText.Keys> keys = new ArrayList<>();
      try {
        for (WanBlock block : blocks) keys.add(owned(block.crossAttention(), states));
        return new TextKeys(keys);
      } catch (RuntimeException | Error e) {
        new TextKeys(keys).close();
        throw e;
      }
    }
  }

  private static BlockText.Keys owned(WanAttention attention, Tensor states) {
    try (Scope scope = Scope.open()) {
      BlockText.Keys keys = attention.keys(states);
      return new BlockText.Keys(keys.key().alias(), keys.value().alias());
    }
  }

  private Tensor embed(Tensor context) {
    if (context.rank() != 3 || context.size(2) != config.textDim())
      throw new ShapeException("wan: context %s; needs [B, L, %d]", context.shape(), config.textDim());
    return text.forward(context);
  }

  /// @param outputs takes the output of each block, or none is kept
  private Tensor run(Tensor latent, Tensor timestep, IntFunction<BlockText> context, BlockRunner runner,
      @Nullable List<Tensor> outputs) {
    TokenGrid tokens = TokenGrid.of(latent.shape(), config);
    if (timestep.rank() != 1 || timestep.size(0) != latent.size(0)) {
      throw new ShapeException("wan: timestep %s; needs one for each of %d latents", timestep.shape(), latent.size(0));
    }
    try (Scope scope = Scope.open()) {
      Tensor embedding = time.embed(time.sinusoid(timestep));
      Tensor modulation = time.project(embedding);
      RotaryTables rope = rotary(tokens, latent);
      Tensor x = patches.forward(latent);
      for (int i = 0; i < blocks.size(); i++) {
        Tensor before = x;
        x = runner.run(i, blocks.get(i), new BlockInputs(before, modulation, context.apply(i), rope));
        if (outputs != null) outputs.add(scope.keep(x));
        else if (x != before) before.close();
      }
      return scope.keep(unpatchify(head.forward(x, embedding), tokens));
    }
  }

  private RotaryTables rotary(TokenGrid tokens, Tensor latent) {
    RotaryTables kept = tables;
    if (kept != null && tokens.equals(grid)) return kept;
    RotaryTables made = RotaryTables.of(tokens, config, latent.dtype(), latent.device());
    if (kept != null) kept.close();
    grid = tokens;
    return tables = made;
  }

  /// The values of the tokens put back in their places.
  ///
  /// @param values `[B, N, patch positions · channels]`, channels fastest
  /// @return `[B, C, T, H, W]`
  public Tensor unpatchify(Tensor values, TokenGrid tokens) {
    try (Scope scope = Scope.open()) {
      WanConfig.Patch p = config.patch();
      long channels = config.outChannels();
      Tensor cells = values.reshape(values.size(0), tokens.frames(), tokens.height(), tokens.width(), p.frames(), p.height(),
          p.width(), channels);
      long frames = (long) tokens.frames() * p.frames();
      long height = (long) tokens.height() * p.height();
      return scope.keep(cells.permute(0, 7, 1, 4, 2, 5, 3, 6).reshape(values.size(0), channels, frames, height, -1));
    }
  }

  public WanConfig config() { return config; }

  public PatchEmbedding patches() { return patches; }

  public TextEmbedding text() { return text; }

  public TimeEmbedding time() { return time; }

  public List<WanBlock> blocks() { return blocks; }

  public WanHead head() { return head; }

  @Override
  public WanTransformer map(ParameterMap p) {
    return new WanTransformer(config, p.module("patches", patches), p.module("text", text), p.module("time", time),
        p.modules("blocks", blocks), p.module("head", head));
  }

  @Override
  public void close() {
    Module.super.close();
    if (tables != null) tables.close();
  }
}

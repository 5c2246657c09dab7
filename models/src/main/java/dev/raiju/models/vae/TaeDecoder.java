package dev.raiju.models.vae;

import dev.raiju.models.nn.ConvolutionLayer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import dev.raiju.tensor.op.Resize;
import java.util.ArrayList;
import java.util.List;

/// The second half of a [Tae]: from latents `[B, C, t, h, w]` to frames `[B, T, 3, H, W]`, 0 to 1. All that sampling needs.
///
/// @param patch channels are put on pixels of `patch · patch` at the end
/// @param in 3 x 3, from latent channels
/// @param levels from coarse to fine
/// @param out 3 x 3, to pixels
/// @param latents what latents get back before they are decoded
public record TaeDecoder(int patch, ConvolutionLayer in, List<Up> levels, ConvolutionLayer out, LatentStatistics latents)
    implements
      LatentDecoder<TaeDecoder> {
  /// `3 · tanh(x / 3)`: holds latents that a sampler let run away.
  private static final Expr SOFT_CLAMP = Expr.in(0).div(Expr.of(3)).apply(UnaryFunction.TANH).mul(3);

  public TaeDecoder { levels = List.copyOf(levels); }

  /// A level: memory blocks, then height and width doubled, and frames.
  ///
  /// @param grow 1 x 1, to the channels of as many frames as it makes of one, the earlier ones first
  /// @param blend 3 x 3, to the width of the next level
  public record Up(List<MemoryBlock> blocks, ConvolutionLayer grow, ConvolutionLayer blend) implements Module<Up> {
    public Up { blocks = List.copyOf(blocks); }

    static Up create(Initializer init, TaeConfig.Level level, int out) {
      List<MemoryBlock> blocks = MemoryBlock.several(init, level);
      long grown = (long) level.width() * level.time();
      ConvolutionLayer grow = ConvolutionLayer.square(init, level.width(), grown, 1, 1, false);
      return new Up(blocks, grow, ConvolutionLayer.square(init, level.width(), out, 3, 1, false));
    }

    int time() { return Math.toIntExact(grow.weight().size(0) / grow.weight().size(1)); }

    Tensor forward(Tensor x, History history) {
      try (Scope scope = Scope.open()) {
        Tensor y = x.alias();
        for (MemoryBlock block : blocks) y = Steps.consume(y, t -> block.forward(t, history));
        Tensor large = Steps.consume(y, t -> Resize.nearest(t.flatten(0, 2), 2));
        Tensor grown = Steps.consume(large, grow::forward);
        return scope.keep(Steps.consume(grown, t -> Frames.apart(blend.forward(t.reshape(-1, x.size(2), t.size(2), t.size(3))), x
            .size(0))));
      }
    }

    @Override
    public Up map(ParameterMap p) {
      return new Up(p.modules("blocks", blocks), p.module("grow", grow), p.module("blend", blend));
    }
  }

  static TaeDecoder create(Initializer init, TaeConfig config) {
    return create(init, config.patch(), config.pixelChannels(), config.latentChannels(), config.decoder(), config.last(),
        config.latents());
  }

  static TaeDecoder create(Initializer init, int patch, int pixelChannels, int latentChannels, List<TaeConfig.Level> levels,
      int last, LatentStatistics latents) {
    int first = levels.isEmpty() ? last : levels.getFirst().width();
    ConvolutionLayer in = ConvolutionLayer.square(init, latentChannels, first, 3, 1, true);
    List<Up> ups = new ArrayList<>();
    for (int i = 0; i < levels.size(); i++) {
      ups.add(Up.create(init, levels.get(i), i + 1 < levels.size() ? levels.get(i + 1).width() : last));
    }
    return new TaeDecoder(patch, in, ups, Tae.small(init, last, pixelChannels), latents);
  }

  @Override
  public int latentChannels() { return Math.toIntExact(in.weight().size(1)); }

  @Override
  public int spaceFactor() { return patch << levels.size(); }

  @Override
  public int timeFactor() { return levels.stream().mapToInt(Up::time).reduce(1, (a, b) -> a * b); }

  /// Decodes latents: `factor · (t - 1) + 1` frames, held between 0 and 1. The frames before that are what the decoder makes of
  /// having no past.
  ///
  /// @param latent `[B, C, t, h, w]`
  /// @return `[B, T, 3, H, W]`
  public Tensor decode(Tensor latent) {
    try (Scope scope = Scope.open()) {
      return scope.keep(shown(decodeRaw(latent), timeFactor() - 1));
    }
  }

  /// Held between 0 and 1, without the first frames.
  static Tensor shown(Tensor frames, long cut) { return frames.slice(1, cut, frames.size(1) - cut).clamp(0, 1); }

  /// What the decoder gives before frames are cut off and values are held: what training works on.
  ///
  /// @param latent `[B, C, t, h, w]`
  /// @return `[B, factor · t, 3, H, W]`
  public Tensor decodeRaw(Tensor latent) { return decodeRaw(latent, History.NONE); }

  /// What comes of one more piece of a latent.
  ///
  /// @param frames `[B, factor · t, 3, H, W]`, held between 0 and 1; those of the first piece begin with `factor - 1` that are made of
  /// having no past
  /// @param past what the next piece needs to know of this one, owned by the caller
  public record Continued(Tensor frames, List<Tensor> past) {}

  /// Decodes a few latent frames more, with no state but what is handed on: what a captured plan can hold.
  ///
  /// @param latent `[B, C, t, h, w]`
  /// @param past of the piece before; none at the beginning of a clip, for which zeros stand too
  public Continued decodeNext(Tensor latent, List<Tensor> past) {
    History.Given history = new History.Given(past);
    try (Scope scope = Scope.open()) {
      Tensor frames = scope.keep(shown(decodeRaw(latent, history), 0));
      return new Continued(frames, history.next());
    }
  }

  Tensor decodeRaw(Tensor latent, History history) {
    check(latent.shape());
    try (Scope scope = Scope.open()) {
      Tensor x = coarse(latent, levels.size(), history);
      return scope.keep(Steps.consume(x, this::pixels));
    }
  }

  /// What goes into level `count`.
  ///
  /// @param latent `[B, C, t, h, w]`
  /// @return `[B, T, W, H, W]`
  Tensor coarse(Tensor latent, int count, History history) {
    try (Scope scope = Scope.open()) {
      Tensor x = Steps.step(() -> {
        Tensor restored = latents.restore(latent).transpose(1, 2);
        Tensor held = Elementwise.elementwise("soft_clamp", SOFT_CLAMP, restored).flatten(0, 2);
        return Frames.apart(Elementwise.relu(in.forward(held)), latent.size(0));
      });
      for (Up level : levels.subList(0, count)) x = Steps.consume(x, t -> level.forward(t, history));
      return scope.keep(x);
    }
  }

  /// From the finest level to pixels.
  Tensor pixels(Tensor x) {
    try (Scope scope = Scope.open()) {
      Tensor planes = Steps.step(() -> out.forward(Elementwise.relu(x).flatten(0, 2)));
      return scope.keep(Frames.apart(patch == 1 ? planes : Resize.pixelShuffle(planes, patch), x.size(0)));
    }
  }

  @Override
  public long leastBytes(Shape latent) {
    check(latent);
    return FrameTiles.least(new TaeCost(this), Math.toIntExact(latent.size(3)), Math.toIntExact(latent.size(4)));
  }

  /// Decodes one latent, frame by frame and the last level in tiles, with the same result as all at once.
  ///
  /// @throws IllegalArgumentException if even the smallest tiles take more
  @Override
  public void decode(Tensor latent, long bytes, FrameSink sink) {
    check(latent.shape());
    if (latent.size(0) != 1) throw new ShapeException("tae: %d latents; pieces are of one", latent.size(0));
    FrameTiles plan = FrameTiles.plan(new TaeCost(this), Math.toIntExact(latent.size(3)), Math.toIntExact(latent.size(4)), bytes);
    try (TaeTileStream stream = new TaeTileStream(this, plan, Math.toIntExact(latent.size(2)), sink)) {
      for (long t = 0; t < latent.size(2); t++) {
        try (Scope scope = Scope.open()) {
          stream.next(latent.slice(2, t, 1));
        }
      }
    }
  }

  private void check(Shape latent) {
    if (latent.rank() != 5 || latent.size(1) != in.weight().size(1) || latent.elements() == 0)
      throw new ShapeException("tae: latent %s; needs [B, %d, T, H, W]", latent, in.weight().size(1));
  }

  /// Decodes piece by piece in the memory of a piece, with the same result as all at once.
  public TaeStream stream() { return new TaeStream(this); }

  @Override
  public TaeDecoder map(ParameterMap p) {
    return new TaeDecoder(patch, p.module("in", in), p.modules("levels", levels), p.module("out", out), latents);
  }
}

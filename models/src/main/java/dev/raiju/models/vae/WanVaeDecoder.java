package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The second half of a [WanVae]: from latents `[B, C, t, h, w]` to frames `[B, 3, T, H, W]`, -1 to 1.
///
/// @param latent 1 x 1, over latent channels
/// @param in to the width of the coarsest level
/// @param levels from coarse to fine
/// @param norm before `out`
/// @param out to pixels
public record WanVaeDecoder(WanVaeConfig config, CausalConvolution latent, CausalConvolution in, WanVaeMiddle middle,
    List<Level> levels, ChannelNormLayer norm, CausalConvolution out) implements LatentDecoder<WanVaeDecoder> {
  public WanVaeDecoder { levels = List.copyOf(levels); }

  /// Residual units, then the step to the next finer level, if there is one.
  public record Level(List<ResidualUnit> units, Optional<Up> up) implements Module<Level> {
    public Level { units = List.copyOf(units); }

    Tensor forward(Tensor x, Past past) {
      try (Scope scope = Scope.open()) {
        Tensor y = ResidualUnit.all(units, x, past);
        return scope.keep(up.isEmpty() ? y : up.get().forward(y, past));
      }
    }

    /// Whether it makes two frames of one.
    boolean doublesTime() { return up.isPresent() && up.get().time().isPresent(); }

    @Override
    public Level map(ParameterMap p) { return new Level(p.modules("units", units), up.map(u -> p.module("up", u))); }
  }

  /// Height and width doubled, and the number of frames but for the first of a clip. Channels are halved.
  ///
  /// @param time over three frames, to the channels of the two frames that become of each, where their number is doubled too
  public record Up(Optional<CausalConvolution> time, FrameConvolution blend) implements Module<Up> {
    static Up create(Initializer init, int width, boolean time) {
      Optional<CausalConvolution> grow = time
          ? Optional.of(CausalConvolution.create(init, width, 2L * width, 3, 1))
          : Optional.empty();
      return new Up(grow, FrameConvolution.create(init, width, width / 2));
    }

    Tensor forward(Tensor x, Past past) {
      try (Scope scope = Scope.open()) {
        return scope.keep(blend.doubled(time.isEmpty() ? x : moreFrames(time.get(), x, past)));
      }
    }

    /// The first frame of a clip stays one, and later ones know nothing of it.
    private static Tensor moreFrames(CausalConvolution time, Tensor x, Past past) {
      if (!past.begins(time)) return twice(time, x, past);
      try (Scope scope = Scope.open()) {
        Tensor first = x.slice(2, 0, 1);
        long later = x.size(2) - 1;
        return scope.keep(later == 0 ? first : Tensor.concat(2, first, twice(time, x.slice(2, 1, later), past)));
      }
    }

    private static Tensor twice(CausalConvolution time, Tensor x, Past past) {
      try (Scope scope = Scope.open()) {
        Shape s = x.shape();
        Tensor both = time.forward(x, past).reshape(s.size(0), 2, s.size(1), s.size(2), s.size(3), s.size(4));
        Tensor[] frames = {both.select(1, 0), both.select(1, 1)};
        return scope.keep(Tensor.stack(3, List.of(frames)).reshape(s.with(2, 2 * s.size(2))));
      }
    }

    @Override
    public Up map(ParameterMap p) { return new Up(time.map(t -> p.module("time", t)), p.module("blend", blend)); }
  }

  static WanVaeDecoder create(Initializer init, WanVaeConfig config) {
    int channels = config.latentChannels();
    int width = config.width(config.levels() - 1);
    CausalConvolution latent = CausalConvolution.create(init, channels, channels, 1, 1);
    CausalConvolution in = CausalConvolution.create(init, channels, width, 3, 3);
    WanVaeMiddle middle = WanVaeMiddle.create(init, width);
    List<Level> levels = new ArrayList<>();
    for (int i = config.levels() - 1; i >= 0; i--) {
      List<ResidualUnit> units = ResidualUnit.several(init, config.units() + 1, width, config.width(i));
      Optional<Up> up = i == 0 ? Optional.empty() : Optional.of(Up.create(init, config.width(i), config.time().get(i - 1)));
      levels.add(new Level(units, up));
      width = config.width(i) / 2;
    }
    return new WanVaeDecoder(config, latent, in, middle, levels, ChannelNormLayer.create(init, config.width(0), 3),
        CausalConvolution.create(init, config.width(0), WanVaeConfig.PIXEL_CHANNELS, 3, 3));
  }

  /// Decodes latents at once: `factor · (t - 1) + 1` frames, held between -1 and 1. Takes memory for all of them at the width of
  /// the finest level; see [#stream] and [#decode(Tensor, long, FrameSink)].
  ///
  /// @param latent `[B, C, t, h, w]`, on the scale of the transformer
  /// @return `[B, 3, T, H, W]`
  public Tensor decode(Tensor latent) {
    try (Scope scope = Scope.open()) {
      return scope.keep(decodeRaw(latent).clamp(-1, 1));
    }
  }

  /// What the decoder gives before values are held.
  public Tensor decodeRaw(Tensor latent) {
    check(latent.shape());
    try (Scope scope = Scope.open()) {
      Tensor x = coarse(latent, 0, Past.NONE);
      for (Level level : levels) {
        Tensor before = x;
        x = level.forward(before, Past.NONE);
        before.close();
      }
      return scope.keep(pixels(x, Past.NONE));
    }
  }

  @Override
  public int latentChannels() { return config.latentChannels(); }

  @Override
  public int timeFactor() { return config.timeFactor(); }

  @Override
  public int spaceFactor() { return config.spaceFactor(); }

  @Override
  public long leastBytes(Shape latent) {
    check(latent);
    return FrameTiles.least(new DecodingCost(config), Math.toIntExact(latent.size(3)), Math.toIntExact(latent.size(4)));
  }

  /// Decodes one latent tile by tile, each of them latent frame by latent frame, with the same result as all at once.
  ///
  /// @throws IllegalArgumentException if even the smallest tiles take more
  @Override
  public void decode(Tensor latent, long bytes, FrameSink sink) {
    check(latent.shape());
    if (latent.size(0) != 1) throw new ShapeException("wan vae: %d latents; tiles are made of one", latent.size(0));
    int high = Math.toIntExact(latent.size(3));
    int wide = Math.toIntExact(latent.size(4));
    FrameTiles plan = FrameTiles.plan(new DecodingCost(config), high, wide, bytes);
    int total = Math.toIntExact(plan.tiles().size() * latent.size(2));
    int done = 0;
    for (FrameTiles.Tile tile : plan.tiles()) {
      try (WanVaeTileStream stream = new WanVaeTileStream(this, tile, plan.rim())) {
        int first = 0;
        for (long t = 0; t < latent.size(2); t++) {
          try (Scope scope = Scope.open()) {
            Tensor frames = stream.next(latent.slice(2, t, 1));
            sink.take(new FrameSink.Piece(frames, first, tile.top() * spaceFactor(), tile.left() * spaceFactor(), ++done, total));
            first += Math.toIntExact(frames.size(0));
          }
        }
      }
    }
  }

  /// Decodes piece by piece, with the same result as all at once.
  public WanVaeStream stream() { return new WanVaeStream(this); }

  void check(Shape shape) {
    if (shape.rank() != 5 || shape.size(1) != config.latentChannels() || shape.elements() == 0)
      throw new ShapeException("wan vae: latent %s; needs [B, %d, T, H, W]", shape, config.latentChannels());
  }

  /// The middle, and the coarsest levels.
  ///
  /// @param count of levels
  Tensor coarse(Tensor latent, int count, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor mixed = this.latent.forward(config.latents().restore(latent), past);
      Tensor x = middle.forward(in.forward(mixed, past), past);
      for (Level level : levels.subList(0, count)) x = level.forward(x, past);
      return scope.keep(x);
    }
  }

  /// From the finest level to pixels.
  Tensor pixels(Tensor x, Past past) {
    try (Scope scope = Scope.open()) {
      return scope.keep(out.forward(norm.activated(x), past));
    }
  }

  @Override
  public WanVaeDecoder map(ParameterMap p) {
    return new WanVaeDecoder(config, p.module("latent", latent), p.module("in", in), p.module("middle", middle), p.modules(
        "levels", levels), p.module("norm", norm), p.module("out", out));
  }
}

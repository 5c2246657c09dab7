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

/// The first half of a [WanVae]: from frames `[B, 3, T, H, W]`, -1 to 1, to latents `[B, C, t, h, w]`.
///
/// @param in from pixels
/// @param levels from fine to coarse
/// @param norm before `out`
/// @param out to the mean and the log-variance of each latent channel
/// @param moments 1 x 1, over both
public record WanVaeEncoder(WanVaeConfig config, CausalConvolution in, List<Level> levels, WanVaeMiddle middle,
    ChannelNormLayer norm, CausalConvolution out, CausalConvolution moments) implements Module<WanVaeEncoder> {
  public WanVaeEncoder { levels = List.copyOf(levels); }

  /// Residual units, then the step to the next coarser level, if there is one.
  public record Level(List<ResidualUnit> units, Optional<Down> down) implements Module<Level> {
    public Level { units = List.copyOf(units); }

    Tensor forward(Tensor x, Past past) {
      try (Scope scope = Scope.open()) {
        Tensor y = ResidualUnit.all(units, x, past);
        return scope.keep(down.isEmpty() ? y : down.get().forward(y, past));
      }
    }

    @Override
    public Level map(ParameterMap p) { return new Level(p.modules("units", units), down.map(d -> p.module("down", d))); }
  }

  /// Height and width halved, and the number of frames but for the first of a clip.
  ///
  /// @param time over three frames, where their number is halved too
  public record Down(FrameConvolution shrink, Optional<CausalConvolution> time) implements Module<Down> {
    static Down create(Initializer init, int width, boolean time) {
      FrameConvolution shrink = FrameConvolution.create(init, width, width);
      return new Down(shrink, time ? Optional.of(CausalConvolution.create(init, width, width, 3, 1)) : Optional.empty());
    }

    Tensor forward(Tensor x, Past past) {
      try (Scope scope = Scope.open()) {
        Tensor small = shrink.halved(x);
        if (time.isEmpty()) return scope.keep(small);
        Tensor fewer = time.get().halved(small, past);
        if (!past.begins(time.get())) return scope.keep(fewer);
        Tensor first = small.slice(2, 0, 1);
        // a clip of one frame
        return scope.keep(fewer.size(2) == 0 ? first : Tensor.concat(2, first, fewer));
      }
    }

    @Override
    public Down map(ParameterMap p) { return new Down(p.module("shrink", shrink), time.map(t -> p.module("time", t))); }
  }

  static WanVaeEncoder create(Initializer init, WanVaeConfig config) {
    CausalConvolution in = CausalConvolution.create(init, WanVaeConfig.PIXEL_CHANNELS, config.dim(), 3, 3);
    List<Level> levels = new ArrayList<>();
    int width = config.dim();
    for (int i = 0; i < config.levels(); i++) {
      List<ResidualUnit> units = ResidualUnit.several(init, config.units(), width, config.width(i));
      width = config.width(i);
      levels.add(new Level(units, i + 1 < config.levels()
          ? Optional.of(Down.create(init, width, config.time().get(i)))
          : Optional.empty()));
    }
    int both = 2 * config.latentChannels();
    return new WanVaeEncoder(config, in, levels, WanVaeMiddle.create(init, width), ChannelNormLayer.create(init, width, 3),
        CausalConvolution.create(init, width, both, 3, 3), CausalConvolution.create(init, both, both, 1, 1));
  }

  /// Encodes clips: the means of their latents, on the scale of the transformer.
  ///
  /// @param frames `[B, 3, T, H, W]` from -1 to 1; height and width multiples of the space factor, T one more than a multiple of
  ///     the time factor
  /// @return `[B, C, t, h, w]`
  /// @throws ShapeException if something does not fit
  public Tensor encode(Tensor frames) {
    try (Scope scope = Scope.open()) {
      return scope.keep(config.latents().normalize(mean(frames)));
    }
  }

  /// The means as the last layer gives them, on a scale of their own.
  public Tensor mean(Tensor frames) {
    check(frames.shape());
    requireWhole(frames.size(2), 1);
    return mean(frames, Past.NONE);
  }

  /// The same a few frames at a time, in memory that does not grow with the clip.
  public WanVaeEncoding stream() { return stream(Long.MAX_VALUE); }

  /// The same, tile by tile where that is needed; the result does not depend on it.
  ///
  /// @param bytes what it may take beside the weights; the first frames are refused if even the smallest tiles take more
  public WanVaeEncoding stream(long bytes) { return new WanVaeEncoding(this, bytes); }

  Tensor mean(Tensor frames, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor x = in.forward(frames, past);
      for (Level level : levels) {
        Tensor before = x;
        x = level.forward(before, past);
        before.close();
      }
      return scope.keep(middle(x, past));
    }
  }

  /// The levels that see tiles: all but the coarsest. Those before the first that halves time run frame by frame.
  Tensor fine(Tensor frames, Past past) {
    int alone = EncodingCost.frameByFrame(config);
    try (Scope scope = Scope.open()) {
      List<Tensor> ran = new ArrayList<>();
      for (long t = 0; t < frames.size(2); t++) {
        Tensor frame = in.forward(frames.slice(2, t, 1), past);
        ran.add(run(levels.subList(0, alone), frame, past));
        if (alone > 0) frame.close();
      }
      Tensor joined = Tensor.concat(2, ran.toArray(Tensor[]::new));
      // one piece alone is what it was joined to
      if (ran.size() > 1) ran.forEach(Tensor::close);
      return scope.keep(run(levels.subList(alone, levels.size() - 1), joined, past));
    }
  }

  /// The coarsest level, and what comes behind it.
  Tensor coarse(Tensor x, Past past) {
    try (Scope scope = Scope.open()) {
      return scope.keep(middle(levels.getLast().forward(x, past), past));
    }
  }

  private static Tensor run(List<Level> levels, Tensor x, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor y = x;
      for (Level level : levels) {
        Tensor before = y;
        y = level.forward(before, past);
        if (before != x) before.close();
      }
      return scope.keep(y);
    }
  }

  private Tensor middle(Tensor x, Past past) {
    try (Scope scope = Scope.open()) {
      Tensor mixed = norm.activated(middle.forward(x, past));
      return scope.keep(moments.forward(out.forward(mixed, past), past).slice(1, 0, config.latentChannels()).contiguous());
    }
  }

  void check(Shape frames) {
    if (frames.rank() != 5 || frames.size(1) != WanVaeConfig.PIXEL_CHANNELS || frames.size(2) == 0)
      throw new ShapeException("wan vae: frames %s; needs [B, %d, T, H, W]", frames, WanVaeConfig.PIXEL_CHANNELS);
    int space = config.spaceFactor();
    if (frames.size(3) % space != 0 || frames.size(4) % space != 0 || frames.size(3) == 0 || frames.size(4) == 0) {
      throw new ShapeException("wan vae: frames of %d x %d; height and width must be multiples of %d; nearest is %d x %d", frames
          .size(3), frames.size(4), space, nearest(frames.size(3), space), nearest(frames.size(4), space));
    }
  }

  /// @param first how many frames come before those that are counted by the factor
  void requireWhole(long frames, int first) {
    int factor = config.timeFactor();
    if (frames >= first && (frames - first) % factor == 0) return;
    long below = Math.max(first == 0 ? factor : first, (frames - first) / factor * factor + first);
    throw new ShapeException("wan vae: %d frames; must be a multiple of %d%s; the nearest are %d and %d", frames, factor,
        first == 0 ? "" : " plus " + first, below, below + factor);
  }

  private static long nearest(long size, int factor) { return Math.max(factor, Math.round((double) size / factor) * factor); }

  @Override
  public WanVaeEncoder map(ParameterMap p) {
    return new WanVaeEncoder(config, p.module("in", in), p.modules("levels", levels), p.module("middle", middle), p.module("norm",
        norm), p.module("out", out), p.module("moments", moments));
  }
}

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
import dev.raiju.tensor.op.Resize;
import java.util.ArrayList;
import java.util.List;

/// The first half of a [Tae]: from frames `[B, T, 3, H, W]`, 0 to 1, to latents `[B, C, t, h, w]`.
///
/// @param patch pixels of `patch · patch` are put on channels first
/// @param stem 3 x 3, from pixels
/// @param levels from fine to coarse
/// @param out 3 x 3, to latent channels
public record TaeEncoder(int patch, ConvolutionLayer stem, List<Down> levels, ConvolutionLayer out)
    implements
      Module<TaeEncoder> {
  public TaeEncoder { levels = List.copyOf(levels); }

  /// A level: neighbouring frames joined, height and width halved, then memory blocks.
  ///
  /// @param pool 1 x 1, over the channels of as many frames as it joins, the earlier ones first
  /// @param shrink 3 x 3, every second position
  public record Down(ConvolutionLayer pool, ConvolutionLayer shrink, List<MemoryBlock> blocks) implements Module<Down> {
    public Down { blocks = List.copyOf(blocks); }

    static Down create(Initializer init, int in, TaeConfig.Level level) {
      ConvolutionLayer pool = ConvolutionLayer.square(init, (long) in * level.time(), in, 1, 1, false);
      ConvolutionLayer shrink = ConvolutionLayer.square(init, in, level.width(), 3, 2, false);
      return new Down(pool, shrink, MemoryBlock.several(init, level));
    }

    int time() { return Math.toIntExact(pool.weight().size(1) / pool.weight().size(0)); }

    Tensor forward(Tensor x) {
      try (Scope scope = Scope.open()) {
        Tensor joined = x.reshape(-1, x.size(2) * time(), x.size(3), x.size(4));
        Tensor y = Frames.apart(shrink.forward(pool.forward(joined)), x.size(0));
        for (MemoryBlock block : blocks) y = block.forward(y, History.NONE);
        return scope.keep(y);
      }
    }

    @Override
    public Down map(ParameterMap p) {
      return new Down(p.module("pool", pool), p.module("shrink", shrink), p.modules("blocks", blocks));
    }
  }

  static TaeEncoder create(Initializer init, TaeConfig config) {
    ConvolutionLayer stem = ConvolutionLayer.square(init, config.pixelChannels(), config.stem(), 3, 1, true);
    List<Down> levels = new ArrayList<>();
    int width = config.stem();
    for (TaeConfig.Level level : config.encoder()) {
      levels.add(Down.create(init, width, level));
      width = level.width();
    }
    return new TaeEncoder(config.patch(), stem, levels, Tae.small(init, width, config.latentChannels()));
  }

  /// How many frames make a latent frame.
  public int timeFactor() { return levels.stream().mapToInt(Down::time).reduce(1, (a, b) -> a * b); }

  /// How many pixels, in height and in width, make a latent position.
  public int spaceFactor() { return patch << levels.size(); }

  /// Encodes clips. If the frames are no multiple of the time factor, the last one is repeated.
  ///
  /// @param frames `[B, T, 3, H, W]`, height and width multiples of the space factor
  /// @return `[B, C, t, h, w]`
  /// @throws ShapeException if something does not fit
  public Tensor encode(Tensor frames) {
    check(frames.shape());
    try (Scope scope = Scope.open()) {
      long count = frames.size(1);
      long missing = Math.ceilDiv(count, timeFactor()) * timeFactor() - count;
      Tensor last = frames.slice(1, count - 1, 1);
      Tensor whole = missing == 0 ? frames : Tensor.concat(1, frames, last.broadcast(last.shape().with(1, missing)));
      Tensor pixels = patch == 1 ? whole.flatten(0, 2) : Resize.pixelUnshuffle(whole.flatten(0, 2), patch);
      Tensor x = Frames.apart(Elementwise.relu(stem.forward(pixels)), frames.size(0));
      for (Down level : levels) x = level.forward(x);
      return scope.keep(Frames.apart(out.forward(x.flatten(0, 2)), frames.size(0)).transpose(1, 2));
    }
  }

  private void check(Shape frames) {
    long channels = stem.weight().size(1) / ((long) patch * patch);
    if (frames.rank() != 5 || frames.size(2) != channels || frames.size(1) == 0)
      throw new ShapeException("tae: frames %s; needs [B, T, %d, H, W]", frames, channels);
    int space = spaceFactor();
    if (frames.size(3) % space != 0 || frames.size(4) % space != 0 || frames.size(3) == 0 || frames.size(4) == 0) {
      throw new ShapeException("tae: frames of %d x %d; height and width must be multiples of %d; nearest is %d x %d", frames
          .size(3), frames.size(4), space, nearest(frames.size(3), space), nearest(frames.size(4), space));
    }
  }

  private static long nearest(long size, int factor) { return Math.max(factor, Math.round((double) size / factor) * factor); }

  @Override
  public TaeEncoder map(ParameterMap p) {
    return new TaeEncoder(patch, p.module("stem", stem), p.modules("levels", levels), p.module("out", out));
  }
}

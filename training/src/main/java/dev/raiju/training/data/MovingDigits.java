package dev.raiju.training.data;

import dev.raiju.tensor.Rng;
import java.util.List;

/// Clips of one moving handwritten digit, in the light grey of its ink, with the motions of [MovingShapes]. Clip `i` of a seed
/// is always the same.
public final class MovingDigits {
  private final Rng seed;
  private final List<Combination.OfDigit> allowed;
  private final List<Combination.OfDigit> still;
  private final Handwriting handwriting;

  private MovingDigits(long seed, Combinations allowed, Handwriting handwriting) {
    this.seed = Rng.of(seed);
    this.allowed = allowed.digits();
    this.still = allowed.with(Motion.STILL).digits();
    this.handwriting = handwriting;
  }

  /// @param allowed what the clips may show: [HeldOut#training()] to learn from
  /// @param handwriting whose digits: [Handwriting#training()] to learn from
  public static MovingDigits of(long seed, Combinations allowed, Handwriting handwriting) {
    return new MovingDigits(seed, allowed, handwriting);
  }

  /// A clip.
  public Example clip(long index) { return draw(ClipKind.DIGIT, allowed, Frames.CLIP, index); }

  /// One frame.
  public Example picture(long index) { return draw(ClipKind.PICTURE, still, 1, index); }

  private Example draw(ClipKind kind, List<Combination.OfDigit> from, int frames, long index) {
    Rng rng = seed.stream(kind.stream(index));
    return Wording.example(kind, Stage.digit(Stage.any(from, rng), handwriting, frames, rng), rng);
  }
}

package dev.raiju.training.data;

import dev.raiju.tensor.Rng;
import java.util.List;

/// Clips of one or two moving shapes. Clip `i` of a seed is always the same, whatever was drawn before, on any machine.
public final class MovingShapes {
  /// Free pixels between two shapes, unless somebody wants more.
  public static final int GAP = 2;
  /// The most of them: a quarter of a picture.
  public static final int WIDEST_GAP = 16;

  private final Rng seed;
  private final int gap;
  private final List<Combination.OfShape> allowed;
  private final List<Combination.OfShape> still;

  private MovingShapes(long seed, Combinations allowed, int gap) {
    if (gap < 0 || gap > WIDEST_GAP)
      throw new IllegalArgumentException("moving shapes: a gap of " + gap + " pixels; needs 0 to " + WIDEST_GAP);
    this.seed = Rng.of(seed);
    this.gap = gap;
    this.allowed = allowed.shapes();
    this.still = allowed.with(Motion.STILL).shapes();
  }

  /// @param allowed what the clips may show: [HeldOut#training()] to learn from
  public static MovingShapes of(long seed, Combinations allowed) { return of(seed, allowed, GAP); }

  /// The same with other distances.
  ///
  /// @param gap free pixels between two shapes in every frame, 0 to 16: a model that never saw two closer keeps them apart although it
  ///     does not place them to the pixel
  public static MovingShapes of(long seed, Combinations allowed, int gap) { return new MovingShapes(seed, allowed, gap); }

  /// A clip of one shape.
  public Example one(long index) {
    Rng rng = seed.stream(ClipKind.ONE_SHAPE.stream(index));
    return Wording.example(ClipKind.ONE_SHAPE, Stage.shape(Stage.any(allowed, rng), Frames.CLIP, rng), rng);
  }

  /// A clip of two shapes of different colours, which never touch.
  public Example two(long index) {
    Rng rng = seed.stream(ClipKind.TWO_SHAPES.stream(index));
    return Wording.example(ClipKind.TWO_SHAPES, Stage.shapes(allowed, Frames.CLIP, gap, rng), rng);
  }

  /// One frame with one or two shapes.
  public Example picture(long index) {
    Rng rng = seed.stream(ClipKind.PICTURE.stream(index));
    Scene scene = rng.nextInt(2) == 0 ? Stage.shape(Stage.any(still, rng), 1, rng) : Stage.shapes(still, 1, gap, rng);
    return Wording.example(ClipKind.PICTURE, scene, rng);
  }
}

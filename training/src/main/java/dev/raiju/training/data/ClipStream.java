package dev.raiju.training.data;

/// The endless order of training examples. Every round holds the mixture's share of each kind, in an order of its own. The
/// position is the whole state: set it back, and the same examples follow. Not for use by several threads at once.
public final class ClipStream {
  private static final int DIGIT_EVERY = 4;

  private final Mixture mixture;
  private final Shuffle places;
  private final MovingShapes shapes;
  private final MovingDigits digits;
  private long position;

  private ClipStream(long seed, Mixture mixture, int gap) {
    this.mixture = mixture;
    this.places = Shuffle.of(mixture.round(), seed);
    this.shapes = MovingShapes.of(seed, HeldOut.training(), gap);
    this.digits = MovingDigits.of(seed, HeldOut.training(), Handwriting.training());
  }

  /// At the beginning. Nothing held out is in it.
  public static ClipStream of(long seed, Mixture mixture) { return of(seed, mixture, MovingShapes.GAP); }

  /// The same with another distance between two shapes; see [MovingShapes#of(long, Combinations, int)].
  public static ClipStream of(long seed, Mixture mixture, int gap) { return new ClipStream(seed, mixture, gap); }

  /// How many examples have been given.
  public long position() { return position; }

  /// Goes on from a position.
  public ClipStream seek(long position) {
    this.position = position;
    return this;
  }

  /// The next example.
  public Example next() { return at(position++); }

  /// The example at a position.
  public Example at(long position) {
    return switch (mixture.kind(places.at(position))) {
      case ONE_SHAPE -> shapes.one(position);
      case TWO_SHAPES -> shapes.two(position);
      case DIGIT -> digits.clip(position);
      case PICTURE -> position % DIGIT_EVERY == 0 ? digits.picture(position) : shapes.picture(position);
    };
  }
}

package dev.raiju.training.data;

/// How many examples of each kind there are in a round.
public record Mixture(int oneShape, int twoShapes, int digits, int pictures) {
  public Mixture {
    if (oneShape < 0 || twoShapes < 0 || digits < 0 || pictures < 0 || oneShape + twoShapes + digits + pictures < 1) {
      throw new IllegalArgumentException("mixture: " + oneShape + ", " + twoShapes + ", " + digits + ", " + pictures
          + ": parts must be 0 or more, and one of them must be there");
    }
  }

  /// Two shapes take longest to learn and get most of it.
  public static Mixture usual() { return new Mixture(7, 8, 3, 2); }

  int round() { return oneShape + twoShapes + digits + pictures; }

  /// The kind of a place in a round that is in order.
  ClipKind kind(int place) {
    if (place < oneShape) return ClipKind.ONE_SHAPE;
    if (place < oneShape + twoShapes) return ClipKind.TWO_SHAPES;
    return place < oneShape + twoShapes + digits ? ClipKind.DIGIT : ClipKind.PICTURE;
  }
}

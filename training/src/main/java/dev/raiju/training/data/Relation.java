package dev.raiju.training.data;

/// Where the first object of a prompt is, seen from the second.
public enum Relation {
  LEFT_OF(-1, 0),
  RIGHT_OF(1, 0),
  ABOVE(0, -1),
  BELOW(0, 1);

  private final int right;
  private final int down;

  Relation(int right, int down) {
    this.right = right;
    this.down = down;
  }

  public String words() { return Grammar.wordings(this).getFirst(); }

  /// How far the first object is on its side of the second, in pixels, negative on the other side.
  ///
  /// @param right of the first object's centre from the second's
  /// @param down from the second's centre to the first's
  public double along(double right, double down) { return this.right * right + this.down * down; }

  /// How far apart they are in the direction across it.
  public double across(double right, double down) { return Math.abs(this.right * down) + Math.abs(this.down * right); }
}

package dev.raiju.training.data;

/// A handwritten digit, 0 to 9.
public record Digit(int value) implements Subject {
  public static final int COUNT = 10;

  public Digit {
    if (value < 0 || value >= COUNT) throw new IllegalArgumentException("digit: " + value + ": must be 0 to 9");
  }

  @Override
  public String word() { return Integer.toString(value); }
}

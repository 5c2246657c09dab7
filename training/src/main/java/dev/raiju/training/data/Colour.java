package dev.raiju.training.data;

import java.util.Locale;

/// A colour that an object can have, in sRGB bytes.
public enum Colour {
  RED(255, 26, 26),
  GREEN(26, 230, 26),
  BLUE(38, 64, 255),
  YELLOW(255, 255, 26),
  MAGENTA(255, 26, 255),
  CYAN(26, 255, 255),
  WHITE(255, 255, 255),
  ORANGE(255, 140, 13);

  private final int red;
  private final int green;
  private final int blue;

  Colour(int red, int green, int blue) {
    this.red = red;
    this.green = green;
    this.blue = blue;
  }

  public int red() { return red; }

  public int green() { return green; }

  public int blue() { return blue; }

  public String word() { return name().toLowerCase(Locale.ROOT); }
}

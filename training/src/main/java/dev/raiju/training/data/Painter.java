package dev.raiju.training.data;

/// Paints scenes. Edges are anti-aliased: a pixel is covered by half at the outline and changes over one pixel around it.
final class Painter {
  /// What handwriting is painted with: a light grey, so that no digit is a white shape.
  static final int INK = 228;
  private static final byte[] BACKGROUND = {8, 8, 12};

  private Painter() {}

  static Frames paint(Scene scene) {
    byte[] rgb = new byte[3 * scene.frames() * Frames.SIDE * Frames.SIDE];
    System.arraycopy(BACKGROUND, 0, rgb, 0, 3);
    // doubling what is there
    for (int done = 3; done < rgb.length; done *= 2) System.arraycopy(rgb, 0, rgb, done, Math.min(done, rgb.length - done));
    Frames frames = Frames.of(scene.frames(), Frames.SIDE, Frames.SIDE, rgb);
    for (Actor actor : scene.actors()) {
      for (int t = 0; t < scene.frames(); t++) {
        switch (actor) {
          case Actor.Drawn shape -> draw(frames, t, shape);
          case Actor.Written digit -> write(frames, t, digit);
        }
      }
    }
    return frames;
  }

  private static void draw(Frames frames, int t, Actor.Drawn actor) {
    ShapeKind shape = actor.shape();
    double radius = actor.radius();
    double x = actor.path().x(t);
    double y = actor.path().y(t);
    int left = first(x - radius * shape.reach(-1, 0));
    int right = end(x + radius * shape.reach(1, 0));
    int top = first(y - radius * shape.reach(0, -1));
    int bottom = end(y + radius * shape.reach(0, 1));
    double sure = Math.max(radius * shape.solid() - 0.5, 0);
    for (int row = top; row < bottom; row++) {
      int at = frames.offset(t, row, left);
      double down = row + 0.5 - y;
      for (int column = left; column < right; column++, at += 3) {
        double along = column + 0.5 - x;
        double cover = 1;
        // most pixels are well inside, and need no outline
        if (along * along + down * down > sure * sure) {
          cover = Math.clamp(0.5 - shape.distance(along, down, radius), 0, 1);
          if (cover == 0) continue;
        }
        blend(frames.rgb(), at, cover, actor.colour().red(), actor.colour().green(), actor.colour().blue());
      }
    }
  }

  /// The sample's grey levels, interpolated between its pixels.
  private static void write(Frames frames, int t, Actor.Written actor) {
    Handwriting.Sample sample = actor.sample();
    // sample coordinates of the picture's pixel (0, 0)
    double originX = Handwriting.SIDE / 2.0 - actor.path().x(t);
    double originY = Handwriting.SIDE / 2.0 - actor.path().y(t);
    int wholeX = (int) Math.floor(originX);
    int wholeY = (int) Math.floor(originY);
    double partX = originX - wholeX;
    double partY = originY - wholeY;
    int left = Math.max(-1 - wholeX, 0);
    int right = Math.min(Handwriting.SIDE - wholeX, frames.width());
    int top = Math.max(-1 - wholeY, 0);
    int bottom = Math.min(Handwriting.SIDE - wholeY, frames.height());
    for (int row = top; row < bottom; row++) {
      int at = frames.offset(t, row, left);
      int sy = row + wholeY;
      for (int column = left; column < right; column++, at += 3) {
        int sx = column + wholeX;
        double above = (1 - partX) * sample.ink(sx, sy) + partX * sample.ink(sx + 1, sy);
        double below = (1 - partX) * sample.ink(sx, sy + 1) + partX * sample.ink(sx + 1, sy + 1);
        double ink = (1 - partY) * above + partY * below;
        if (ink > 0) blend(frames.rgb(), at, ink / 255, INK, INK, INK);
      }
    }
  }

  /// The first pixel that an edge at `from` can touch.
  private static int first(double from) { return Math.max((int) Math.floor(from - 0.5), 0); }

  /// One past the last pixel that an edge at `to` can touch.
  private static int end(double to) { return Math.min((int) Math.ceil(to + 0.5), Frames.SIDE); }

  private static void blend(byte[] rgb, int at, double cover, int red, int green, int blue) {
    rgb[at] = mix(rgb[at], cover, red);
    rgb[at + 1] = mix(rgb[at + 1], cover, green);
    rgb[at + 2] = mix(rgb[at + 2], cover, blue);
  }

  private static byte mix(byte under, double cover, int over) {
    int base = under & 0xff;
    return (byte) (base + cover * (over - base) + 0.5);
  }
}

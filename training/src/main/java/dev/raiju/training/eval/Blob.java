package dev.raiju.training.eval;

import dev.raiju.training.data.Colour;

/// One patch of one colour in one frame, with its soft edge: how much of each pixel it covers.
///
/// @param hue the colour of the palette that it is nearest to in direction, however bright
/// @param tone its own colour less the background, red green blue
/// @param cover of `width` columns a row: 1 where a pixel is all of its tone, 0 where it is background; noise goes beyond both
/// @param light the sum over pixels of their brightness along the tone, so that it changes when the patch grows or brightens
/// @param x its centre of light, in pixels of the frame
/// @param y likewise
record Blob(Colour hue, double[] tone, int left, int top, int width, double[] cover, double light, double x, double y) {
  /// In whole pixels.
  double area() { return light / Math.sqrt(Blobs.dot(tone, tone)); }
}

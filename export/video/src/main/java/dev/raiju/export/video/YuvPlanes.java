package dev.raiju.export.video;

/// A picture as H.264 takes it: Y, Cb and Cr by BT.601 in limited range (16 to 235, 16 to 240), chroma the mean of 2 x 2 pixels.
///
/// Values are held minus 128, as JCodec wants them. Sides are filled up to whole macroblocks of 16 by repeating the last pixel.
/// ITU-R BT.601-7.
record YuvPlanes(int width, int height, byte[] y, byte[] cb, byte[] cr) {
  static final int MACROBLOCK = 16;

  /// The planes of an RGB picture.
  static YuvPlanes of(byte[] rgb, int width, int height) {
    int wide = Math.ceilDiv(width, MACROBLOCK) * MACROBLOCK;
    int high = Math.ceilDiv(height, MACROBLOCK) * MACROBLOCK;
    byte[] y = new byte[wide * high];
    byte[] cb = new byte[wide * high / 4];
    byte[] cr = new byte[wide * high / 4];
    for (int row = 0; row < high; row += 2) {
      for (int column = 0; column < wide; column += 2) {
        float red = 0;
        float green = 0;
        float blue = 0;
        for (int i = 0; i < 4; i++) {
          int toRow = row + i / 2;
          int toColumn = column + i % 2;
          int at = 3 * (Math.min(toRow, height - 1) * width + Math.min(toColumn, width - 1));
          y[toRow * wide + toColumn] = luma(rgb[at] & 0xff, rgb[at + 1] & 0xff, rgb[at + 2] & 0xff);
          red += (rgb[at] & 0xff) / 4f;
          green += (rgb[at + 1] & 0xff) / 4f;
          blue += (rgb[at + 2] & 0xff) / 4f;
        }
        int at = row / 2 * (wide / 2) + column / 2;
        cb[at] = (byte) Math.round((-37.797f * red - 74.203f * green + 112 * blue) / 255);
        cr[at] = (byte) Math.round((112 * red - 93.786f * green - 18.214f * blue) / 255);
      }
    }
    return new YuvPlanes(wide, high, y, cb, cr);
  }

  private static byte luma(float red, float green, float blue) {
    return (byte) Math.round(16 - 128 + (65.481f * red + 128.553f * green + 24.966f * blue) / 255);
  }
}

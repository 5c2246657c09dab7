package dev.raiju.models.pipeline.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/// Writes the parts of a PNG file of eight-bit RGB. W3C Portable Network Graphics, third edition, which includes APNG.
///
/// A chunk is: length, four letters, data, CRC-32 of letters and data; all numbers big-endian.
final class PngStream {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final int BYTES_PER_PIXEL = 3;
  private static final int FILTERS = 5;

  private final OutputStream out;

  PngStream(OutputStream out) { this.out = out; }

  /// Signature, size and colour space: RGB of eight bits, sRGB.
  void begin(int width, int height) throws IOException {
    out.write(SIGNATURE);
    byte depth = 8;
    byte rgb = 2;
    chunk("IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put(depth).put(rgb).array());
    chunk("sRGB", new byte[] {0});
  }

  void end() throws IOException { chunk("IEND", new byte[0]); }

  void chunk(String name, byte[] data) throws IOException {
    byte[] letters = name.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(letters);
    crc.update(data);
    out.write(ByteBuffer.allocate(4).putInt(data.length).array());
    out.write(letters);
    out.write(data);
    out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }

  /// A rectangle of an image of `imageWidth` pixels, filtered and compressed: the data of an `IDAT` chunk.
  static byte[] compress(byte[] rgb, int imageWidth, Rectangle area) {
    int rowBytes = area.width() * BYTES_PER_PIXEL;
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try (DeflaterOutputStream stream = new DeflaterOutputStream(compressed, deflater)) {
      byte[] above = new byte[rowBytes];
      byte[] row = new byte[rowBytes];
      byte[][] filtered = new byte[FILTERS][rowBytes + 1];
      for (int y = area.y(); y < area.y() + area.height(); y++) {
        System.arraycopy(rgb, (y * imageWidth + area.x()) * BYTES_PER_PIXEL, row, 0, rowBytes);
        stream.write(filtered[bestFilter(row, above, filtered)]);
        byte[] swap = above;
        above = row;
        row = swap;
      }
    } catch (IOException e) {
      throw new AssertionError("a byte array does not fail", e);
    } finally {
      deflater.end();
    }
    return compressed.toByteArray();
  }

  /// Fills in all five filtered forms of a row and names the one with the least sum of absolute values, the heuristic that the
  /// standard recommends.
  private static int bestFilter(byte[] row, byte[] above, byte[][] filtered) {
    int best = 0;
    long least = Long.MAX_VALUE;
    for (int filter = 0; filter < FILTERS; filter++) {
      byte[] line = filtered[filter];
      line[0] = (byte) filter;
      long sum = 0;
      for (int i = 0; i < row.length; i++) {
        int left = i < BYTES_PER_PIXEL ? 0 : row[i - BYTES_PER_PIXEL] & 0xff;
        int corner = i < BYTES_PER_PIXEL ? 0 : above[i - BYTES_PER_PIXEL] & 0xff;
        line[i + 1] = (byte) (row[i] - predict(filter, left, above[i] & 0xff, corner));
        sum += Math.abs(line[i + 1]);
      }
      if (sum < least) {
        least = sum;
        best = filter;
      }
    }
    return best;
  }

  private static int predict(int filter, int left, int up, int corner) {
    return switch (filter) {
      case 0 -> 0;
      case 1 -> left;
      case 2 -> up;
      case 3 -> (left + up) / 2;
      default -> paeth(left, up, corner);
    };
  }

  private static int paeth(int left, int up, int corner) {
    int toLeft = Math.abs(up - corner);
    int toUp = Math.abs(left - corner);
    int toCorner = Math.abs(left + up - 2 * corner);
    if (toLeft <= toUp && toLeft <= toCorner) return left;
    return toUp <= toCorner ? up : corner;
  }
}

package dev.raiju.models.pipeline.image;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import dev.raiju.models.pipeline.Enlarge;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// GIF89a, played for ever, enlarged for viewing as [Enlarge] says.
///
/// A clip of at most 256 colours is kept exactly. Any other gets one palette for all frames, because palettes that change make
/// still parts flicker; see [Palette] and [Indexer]. Pixels that stay as they are, are transparent in the next frame, which is
/// what makes the file small. Delays are whole hundredths of a second, spread so that the clip keeps its length; none is below
/// 2, which players replace by 10, so a clip of more than 50 frames a second plays slower.
public final class GifWriter implements ClipWriter {
  private static final int LARGEST_SIDE = 0xffff;

  @Override
  public String extension() { return "gif"; }

  @Override
  public void write(Clip clip, OutputStream out) throws IOException {
    int factor = Enlarge.factor(clip.width());
    if ((long) factor * Math.max(clip.width(), clip.height()) > LARGEST_SIDE) {
      throw new IllegalArgumentException("gif: " + clip + "; the format ends at " + LARGEST_SIDE + " pixels a side");
    }
    Indexer indexer = new Indexer(Palette.of(clip), clip.width());
    int colourBits = colourBits(indexer.palette().size() + (indexer.transparent().isPresent() ? 1 : 0));
    begin(clip, factor, indexer.palette(), colourBits, out);
    byte[] shown = new byte[0];
    for (int t = 0; t < clip.frames(); t++) {
      byte[] indices = indexer.next(clip.frame(t));
      Rectangle area = t == 0
          ? new Rectangle(0, 0, clip.width(), clip.height())
          : Rectangle.ofChange(shown, indices, clip.width(), 1);
      byte[] stored = t == 0 ? indices : withoutUnchanged(shown, indices, indexer.transparent().orElse(-1));
      frame(clip, t, area, factor, indexer.transparent().orElse(-1), out);
      out.write(colourBits);
      new Lzw(colourBits, out).write(Enlarge.repeat(cut(stored, clip.width(), area), area.width(), 1, factor));
      shown = indices;
    }
    out.write(';');
  }

  /// Screen size, palette, and the extension that asks for endless play.
  private static void begin(Clip clip, int factor, Palette palette, int colourBits, OutputStream out) throws IOException {
    out.write("GIF89a".getBytes(StandardCharsets.US_ASCII));
    byte globalTable = (byte) (0xf0 | colourBits - 1);
    out.write(little(7).putShort((short) (clip.width() * factor)).putShort((short) (clip.height() * factor)).put(globalTable)
        .array());
    byte[] table = new byte[3 << colourBits];
    for (int i = 0; i < palette.size(); i++) {
      table[3 * i] = (byte) (palette.colour(i) >> 16);
      table[3 * i + 1] = (byte) (palette.colour(i) >> 8);
      table[3 * i + 2] = (byte) palette.colour(i);
    }
    out.write(table);
    out.write(new byte[] {'!', (byte) 0xff, 11});
    out.write("NETSCAPE2.0".getBytes(StandardCharsets.US_ASCII));
    out.write(new byte[] {3, 1, 0, 0, 0});
  }

  private static void frame(Clip clip, int t, Rectangle area, int factor, int transparent, OutputStream out) throws IOException {
    byte leaveInPlace = 1 << 2;
    byte flags = (byte) (leaveInPlace | (transparent < 0 ? 0 : 1));
    byte[] control = {'!', (byte) 0xf9, 4};
    out.write(control);
    out.write(little(5).put(flags).putShort((short) delay(t, clip.framesPerSecond())).put((byte) Math.max(transparent, 0))
        .array());
    out.write(little(10).put((byte) ',').putShort((short) (area.x() * factor)).putShort((short) (area.y() * factor))
        .putShort((short) (area.width() * factor)).putShort((short) (area.height() * factor)).array());
  }

  /// Hundredths of a second from frame `t` to the next.
  static int delay(int t, int framesPerSecond) {
    long begin = Math.round(100.0 * t / framesPerSecond);
    long end = Math.round(100.0 * (t + 1) / framesPerSecond);
    return (int) Math.max(2, end - begin);
  }

  /// Bits of an index into a table of `colours`; the format knows 2 bits and more.
  private static int colourBits(int colours) { return Math.max(2, 32 - Integer.numberOfLeadingZeros(colours - 1)); }

  private static byte[] withoutUnchanged(byte[] shown, byte[] indices, int transparent) {
    if (transparent < 0) return indices;
    byte[] stored = indices.clone();
    for (int i = 0; i < stored.length; i++) {
      if (shown[i] == indices[i]) stored[i] = (byte) transparent;
    }
    return stored;
  }

  private static byte[] cut(byte[] indices, int width, Rectangle area) {
    byte[] part = new byte[area.width() * area.height()];
    for (int y = 0; y < area.height(); y++) {
      System.arraycopy(indices, (area.y() + y) * width + area.x(), part, y * area.width(), area.width());
    }
    return part;
  }

  private static ByteBuffer little(int bytes) { return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN); }
}

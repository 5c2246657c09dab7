package dev.raiju.models.pipeline.image;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/// Animated PNG: exact, at the clip's own size and rate, played for ever; browsers show it. Each frame after the first stores
/// only the rectangle that changed.
public final class ApngWriter implements ClipWriter {
  @Override
  public String extension() { return "apng"; }

  @Override
  public void write(Clip clip, OutputStream out) throws IOException {
    PngStream png = new PngStream(out);
    png.begin(clip.width(), clip.height());
    int plays = 0; // for ever
    png.chunk("acTL", ByteBuffer.allocate(8).putInt(clip.frames()).putInt(plays).array());
    int sequence = 0;
    byte[] shown = new byte[0];
    for (int t = 0; t < clip.frames(); t++) {
      byte[] frame = clip.frame(t);
      Rectangle area = t == 0
          ? new Rectangle(0, 0, clip.width(), clip.height())
          : Rectangle.ofChange(shown, frame, clip.width(), 3);
      png.chunk("fcTL", control(sequence++, area, clip.framesPerSecond()));
      byte[] data = PngStream.compress(frame, clip.width(), area);
      if (t == 0) {
        // the first frame is also what a viewer without APNG shows
        png.chunk("IDAT", data);
      } else {
        png.chunk("fdAT", ByteBuffer.allocate(4 + data.length).putInt(sequence++).put(data).array());
      }
      shown = frame;
    }
    png.end();
  }

  private static byte[] control(int sequence, Rectangle area, int framesPerSecond) {
    byte leaveInPlace = 0;
    byte replacePixels = 0;
    return ByteBuffer.allocate(26).putInt(sequence).putInt(area.width()).putInt(area.height()).putInt(area.x()).putInt(area.y())
        .putShort((short) 1).putShort((short) framesPerSecond).put(leaveInPlace).put(replacePixels).array();
  }
}

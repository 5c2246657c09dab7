package dev.raiju.models.pipeline.image;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import java.io.IOException;
import java.io.OutputStream;

/// PNG: a clip of one frame, exact and at its own size.
public final class PngWriter implements ClipWriter {
  @Override
  public String extension() { return "png"; }

  @Override
  public void write(Clip clip, OutputStream out) throws IOException {
    if (clip.frames() != 1) {
      throw new IllegalArgumentException("png: " + clip + "; holds one frame: save an .apng, or the frames into a folder");
    }
    PngStream png = new PngStream(out);
    png.begin(clip.width(), clip.height());
    Rectangle whole = new Rectangle(0, 0, clip.width(), clip.height());
    png.chunk("IDAT", PngStream.compress(clip.frame(0), clip.width(), whole));
    png.end();
  }
}

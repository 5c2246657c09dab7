package dev.raiju.models.pipeline.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/// Plays an APNG by the specification: each frame's data is made a PNG of its own and decoded by the JDK, then put on the canvas.
final class ApngReader {
  final List<int[]> frames = new ArrayList<>();
  final List<Double> seconds = new ArrayList<>();
  int plays = -1;
  int width;
  int height;
  int announced;

  private final List<byte[]> header = new ArrayList<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private ByteBuffer control = ByteBuffer.allocate(0);
  private int[] canvas = new int[0];
  private int sequence;

  ApngReader(byte[] file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(file, 8, file.length - 8);
    String name = "";
    while (!name.equals("IEND")) {
      byte[] chunk = new byte[in.getInt()];
      byte[] letters = new byte[4];
      in.get(letters).get(chunk);
      CRC32 crc = new CRC32();
      crc.update(letters);
      crc.update(chunk);
      require((int) crc.getValue() == in.getInt(), "checksum");
      name = new String(letters, StandardCharsets.US_ASCII);
      read(name, chunk);
    }
    require(!in.hasRemaining(), "bytes after the end");
    require(frames.size() == announced, "number of frames");
  }

  private void read(String name, byte[] chunk) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(chunk);
    switch (name) {
      case "IHDR" -> {
        width = bytes.getInt();
        height = bytes.getInt();
        canvas = new int[width * height];
        header.add(chunk);
      }
      case "acTL" -> {
        announced = bytes.getInt();
        plays = bytes.getInt();
      }
      case "fcTL" -> {
        finishFrame();
        require(bytes.getInt() == sequence++, "sequence number");
        control = bytes;
      }
      case "IDAT" -> data.write(chunk);
      case "fdAT" -> {
        require(bytes.getInt() == sequence++, "sequence number");
        data.write(chunk, 4, chunk.length - 4);
      }
      case "IEND" -> finishFrame();
      default -> require(name.equals("sRGB"), "known chunk: " + name);
    }
  }

  private void finishFrame() throws IOException {
    if (data.size() == 0) return;
    int w = control.getInt();
    int h = control.getInt();
    int left = control.getInt();
    int top = control.getInt();
    seconds.add((control.getShort() & 0xffff) / (double) (control.getShort() & 0xffff));
    require(control.getShort() == 0, "left in place, pixels replaced");
    ByteArrayOutputStream single = new ByteArrayOutputStream();
    PngStream png = new PngStream(single);
    png.begin(w, h);
    png.chunk("IDAT", data.toByteArray());
    png.end();
    int[] part = ImageIO.read(new ByteArrayInputStream(single.toByteArray())).getRGB(0, 0, w, h, null, 0, w);
    for (int y = 0; y < h; y++) System.arraycopy(part, y * w, canvas, (top + y) * width + left, w);
    frames.add(canvas.clone());
    data.reset();
  }

  private static void require(boolean condition, String what) {
    if (!condition) throw new AssertionError("apng: " + what);
  }
}

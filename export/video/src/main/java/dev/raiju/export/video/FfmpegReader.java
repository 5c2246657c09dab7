package dev.raiju.export.video;

import dev.raiju.models.pipeline.Clip;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Anything that ffmpeg reads: it is asked for frames as PPM images, one after the other.
final class FfmpegReader {
  private static final int FRAMES_PER_SECOND = 16;

  private final String program;

  FfmpegReader(String program) { this.program = program; }

  /// @param codec is named where there is no ffmpeg
  Clip read(Path file, String codec) throws IOException {
    Process process = start(file, codec);
    List<byte[]> frames = new ArrayList<>();
    int[] size = new int[2];
    try (InputStream out = new BufferedInputStream(process.getInputStream())) {
      while (image(out, size, frames)) {
        // until the stream ends
      }
      int code = process.waitFor();
      if (code != 0 || frames.isEmpty())
        throw new IOException(file + ": codec " + codec + ": ffmpeg gave " + frames.size()
            + " frames and exit code " + code);
      return Clip.ofRgb(frames, size[0], size[1], FRAMES_PER_SECOND);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(file + ": interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(Path file, String codec) throws IOException {
    try {
      return new ProcessBuilder(program, "-v", "error", "-nostdin", "-i", file.toString(), "-r", Integer.toString(
          FRAMES_PER_SECOND), "-f", "image2pipe", "-c:v", "ppm", "-").redirectError(ProcessBuilder.Redirect.DISCARD).start();
    } catch (IOException e) {
      throw new IOException(file + ": codec " + codec + ": no reader for it; needs H.264 in MP4, GIF or PNG, or " + program
          + " on the search path", e);
    }
  }

  /// The next image: `P6 width height 255` and its pixels.
  private static boolean image(InputStream in, int[] size, List<byte[]> frames) throws IOException {
    String magic = word(in);
    if (magic.isEmpty()) return false;
    if (!magic.equals("P6")) throw new IOException("ffmpeg: an image of kind " + magic + "; needs P6");
    size[0] = Integer.parseInt(word(in));
    size[1] = Integer.parseInt(word(in));
    word(in);
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(size[0], size[1]))];
    new DataInputStream(in).readFully(rgb);
    frames.add(rgb);
    return true;
  }

  private static String word(InputStream in) throws IOException {
    StringBuilder word = new StringBuilder();
    for (int c = in.read(); c >= 0; c = in.read()) {
      if (!Character.isWhitespace(c)) word.append((char) c);
      else if (!word.isEmpty()) return word.toString();
    }
    return word.toString();
  }
}

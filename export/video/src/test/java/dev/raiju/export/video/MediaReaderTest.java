package dev.raiju.export.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipReader;
import dev.raiju.models.pipeline.Enlarge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MediaReaderTest {
  @TempDir
  Path folder = Path.of("");

  /// A square that moves right over a plain ground.
  private static Clip clip() {
    List<byte[]> frames = new ArrayList<>();
    for (int t = 0; t < 5; t++) {
      byte[] rgb = new byte[3 * 64 * 48];
      for (int i = 0; i < 64 * 48; i++) {
        boolean inside = i % 64 >= 8 * t && i % 64 < 8 * t + 16 && i / 64 >= 16 && i / 64 < 32;
        rgb[3 * i] = (byte) (inside ? 220 : 30);
        rgb[3 * i + 1] = (byte) (inside ? 40 : 60);
        rgb[3 * i + 2] = (byte) (inside ? 40 : 90);
      }
      frames.add(rgb);
    }
    return Clip.ofRgb(frames, 64, 48, 8);
  }

  private static double distance(Clip a, Clip b) {
    assertEquals(a.frames(), b.frames());
    assertEquals(a.width(), b.width());
    double sum = 0;
    for (int t = 0; t < a.frames(); t++) {
      byte[] x = a.frame(t);
      byte[] y = b.frame(t);
      for (int i = 0; i < x.length; i++) sum += Math.abs((x[i] & 0xff) - (y[i] & 0xff));
    }
    return sum / (a.frames() * 3.0 * a.width() * a.height());
  }

  @Test
  void readsTheGifsAndPicturesThatWeWrite() throws IOException {
    Path gif = folder.resolve("clip.gif");
    clip().save(gif);
    Clip read = ClipReader.forFile(gif).read(gif);
    assertTrue(read.width() >= 64);
    assertEquals(5, read.frames());
    Path picture = folder.resolve("still.png");
    Clip.ofRgb(List.of(clip().frame(2)), 64, 48, 8).save(picture);
    assertEquals(1, new MediaReader().read(picture).frames());
  }

  @Test
  void readsH264WithoutAProgram() throws IOException {
    Path file = folder.resolve("clip.mp4");
    clip().save(file, new Mp4Writer());
    Clip read = new MediaReader("no such program").read(file);
    assertEquals(5, read.frames());
    Clip big = Enlarge.forViewing(clip());
    assertEquals(big.width(), read.width());
    assertTrue(distance(big, read) < 6, "mean difference " + distance(big, read));
  }

  @Test
  void namesTheCodecThatNobodyReads() throws IOException {
    Path file = folder.resolve("clip.webm");
    Files.writeString(file, "no video");
    var e = assertThrows(IOException.class, () -> new MediaReader("no such program").read(file));
    assertEquals(file + ": codec webm: no reader for it; needs H.264 in MP4, GIF or PNG, or no such program on the search path", e
        .getMessage());
    assertThrows(IllegalArgumentException.class, () -> ClipReader.forFile(Path.of("a.txt")));
  }

  @Test
  void readsWhatFfmpegReads() throws Exception {
    Ffmpeg.assumePresent("ffmpeg");
    Path source = folder.resolve("clip.mp4");
    clip().save(source, new Mp4Writer());
    Path file = folder.resolve("clip.mkv");
    Process process = new ProcessBuilder("ffmpeg", "-v", "error", "-i", source.toString(), "-c:v", "ffv1", file.toString())
        .inheritIO()
        .start();
    assertEquals(0, process.waitFor());
    Clip read = new MediaReader().read(file);
    assertTrue(read.frames() >= 5, read.toString());
  }
}

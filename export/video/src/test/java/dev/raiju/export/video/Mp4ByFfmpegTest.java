package dev.raiju.export.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Enlarge;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// MP4 files as a decoder sees them that shares nothing with the encoder.
class Mp4ByFfmpegTest {
  @TempDir
  Path folder;

  @BeforeAll
  static void needsFfmpeg() {
    Ffmpeg.assumePresent("ffmpeg");
    Ffmpeg.assumePresent("ffprobe");
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 12, 15})
  void givesBackTheEnlargedClip(int quantiser) throws IOException {
    Clip clip = Shapes.moving(64, 64, 17);
    Clip decoded = decode(clip, new Mp4Writer(quantiser), 256, 256);
    assertEquals(17, decoded.frames());
    double psnr = Shapes.psnr(Enlarge.forViewing(clip), decoded);
    assertTrue(psnr > 42, "psnr " + psnr);
  }

  @Test
  void doesNotDriftFromKeyPictureToKeyPicture() throws IOException {
    Clip clip = Shapes.moving(64, 64, 30);
    Clip large = Enlarge.forViewing(clip);
    Clip decoded = decode(clip, new Mp4Writer(), 256, 256);
    for (int t = 0; t < 30; t++) {
      double psnr = Shapes.psnr(Clip.ofRgb(List.of(large.frame(t)), 256, 256, 16), Clip.ofRgb(List.of(decoded.frame(t)), 256, 256,
          16));
      assertTrue(psnr > 46, "picture " + t + ": psnr " + psnr);
    }
  }

  @Test
  void showsColoursAsTheyAre() throws IOException {
    Clip bars = Shapes.bars(256, 64);
    int worst = Shapes.worstBar(bars, decode(bars, new Mp4Writer(), 256, 64));
    assertTrue(worst <= 3, "a bar is off by " + worst + " levels");
  }

  @ParameterizedTest
  @CsvSource({"96, 54, 42", "48, 31, 42", "255, 131, 42", "1, 1, 42", "7, 3, 42", "256, 256, 34", "257, 33, 34", "301, 1, 34"})
  void takesEverySize(int width, int height, int leastPsnr) throws IOException {
    // from 256 on pixels share their colour with neighbours
    Clip clip = Shapes.moving(width, height, 3);
    Clip shown = EvenSides.of(Enlarge.forViewing(clip));
    Clip decoded = decode(clip, new Mp4Writer(), shown.width(), shown.height());
    double psnr = Shapes.psnr(shown, decoded);
    assertTrue(psnr > leastPsnr, "psnr " + psnr);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 15})
  void survivesTheStrongestNoise(int quantiser) throws IOException {
    // a nearest neighbour of at least 2 x 2 keeps noise whole in 4:2:0
    Clip noise = Shapes.noise(128, 64, 4);
    double psnr = Shapes.psnr(Enlarge.forViewing(noise), decode(noise, new Mp4Writer(quantiser), 256, 128));
    assertTrue(psnr > 40, "psnr " + psnr);
    Shapes.noise(256, 64, 4).save(folder.resolve("fine.mp4"), new Mp4Writer(quantiser));
    assertEquals(4, Ffmpeg.decode(folder.resolve("fine.mp4"), 256, 64).frames());
  }

  @Test
  void tellsPlayersWhatItIs() throws IOException {
    Path file = folder.resolve("clip.mp4");
    Shapes.moving(64, 64, 17).save(file);
    Set<String> lines = Set.copyOf(Ffmpeg.probe(file, "stream=codec_name,codec_tag_string,profile,level,width,height,pix_fmt,"
        + "color_range,color_space,color_transfer,color_primaries,chroma_location,r_frame_rate,has_b_frames,nb_read_frames,"
        + "duration,sample_aspect_ratio:format=format_name"));
    Set<String> expected = Set.of("codec_name=h264", "codec_tag_string=avc1", "profile=Constrained Baseline", "level=40",
        "width=256",
        "height=256", "pix_fmt=yuv420p", "color_range=tv", "color_space=smpte170m", "color_transfer=iec61966-2-1",
        "color_primaries=bt709", "chroma_location=center", "r_frame_rate=16/1", "has_b_frames=0", "nb_read_frames=17",
        "duration=1.062500", "sample_aspect_ratio=1:1", "format_name=mov,mp4,m4a,3gp,3g2,mj2");
    assertEquals(expected, lines);
  }

  @Test
  void theFfmpegWriterMakesTheSamePictureSmaller() throws IOException {
    Clip clip = Shapes.moving(63, 35, 17);
    Path file = folder.resolve("clip.mp4");
    clip.save(file, new FfmpegWriter());
    Clip shown = EvenSides.of(Enlarge.forViewing(clip));
    double psnr = Shapes.psnr(shown, Ffmpeg.decode(file, shown.width(), shown.height()));
    assertTrue(psnr > 42, "psnr " + psnr);
    assertTrue(Ffmpeg.probe(file, "stream=color_space,color_range").containsAll(List.of("color_space=smpte170m",
        "color_range=tv")));
    Path ours = folder.resolve("ours.mp4");
    clip.save(ours);
    assertTrue(file.toFile().length() < ours.toFile().length());
  }

  private Clip decode(Clip clip, Mp4Writer writer, int width, int height) throws IOException {
    Path file = folder.resolve("clip.mp4");
    clip.save(file, writer);
    return Ffmpeg.decode(file, width, height);
  }
}

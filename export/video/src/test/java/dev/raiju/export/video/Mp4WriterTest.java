package dev.raiju.export.video;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.ClipWriter;
import dev.raiju.models.pipeline.Enlarge;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jcodec.codecs.h264.H264Decoder;
import org.jcodec.common.io.ByteBufferSeekableByteChannel;
import org.jcodec.common.model.ColorSpace;
import org.jcodec.common.model.Packet;
import org.jcodec.common.model.Picture;
import org.jcodec.containers.mp4.demuxer.MP4Demuxer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class Mp4WriterTest {
  @TempDir
  Path folder;

  @Test
  void isFoundByTheExtension() throws IOException {
    assertEquals(Mp4Writer.class, ClipWriter.forExtension("mp4").getClass());
    try (var names = Mp4Writer.class.getResourceAsStream("/META-INF/services/" + ClipWriter.class.getName())) {
      assertEquals(Mp4Writer.class.getName(), new String(names.readAllBytes(), StandardCharsets.UTF_8).strip(),
          "for the class path");
    }
    Path file = folder.resolve("clip.mp4");
    Shapes.moving(64, 64, 2).save(file);
    assertArrayEquals(bytes(Shapes.moving(64, 64, 2)), Files.readAllBytes(file));
  }

  @Test
  void jcodecReadsBackTheEnlargedClip() throws Exception {
    Clip clip = Shapes.moving(64, 64, 30);
    Clip decoded = decode(bytes(clip));
    assertEquals(30, decoded.frames());
    double psnr = Shapes.psnr(Enlarge.forViewing(clip), decoded);
    assertTrue(psnr > 46, "psnr " + psnr);
  }

  @Test
  void showsColoursAsTheyAre() throws Exception {
    Clip bars = Shapes.bars(256, 64);
    int worst = Shapes.worstBar(bars, decode(bytes(bars)));
    assertTrue(worst <= 3, "a bar is off by " + worst + " levels");
  }

  @Test
  void repeatsTheLastRowAndColumnOfOddSides() throws Exception {
    Clip odd = Shapes.moving(257, 33, 1);
    Clip decoded = decode(bytes(odd));
    assertEquals(List.of(258, 34), List.of(decoded.width(), decoded.height()));
    Clip even = EvenSides.of(odd);
    byte[] frame = even.frame(0);
    for (int y = 0; y < 34; y++) {
      for (int c = 0; c < 3; c++) assertEquals(frame[3 * (258 * y + 256) + c], frame[3 * (258 * y + 257) + c]);
    }
    for (int i = 0; i < 3 * 258; i++) assertEquals(frame[3 * 258 * 32 + i], frame[3 * 258 * 33 + i]);
    assertTrue(Shapes.psnr(even, decoded) > 34);
  }

  @Test
  void putsTheIndexBeforeThePictures() throws IOException {
    ByteBuffer file = ByteBuffer.wrap(bytes(Shapes.moving(64, 64, 17)));
    List<String> boxes = new ArrayList<>();
    int pictures = 0;
    while (file.hasRemaining()) {
      int size = file.getInt();
      byte[] letters = new byte[4];
      file.get(letters);
      boxes.add(new String(letters, StandardCharsets.US_ASCII));
      pictures = file.position();
      file.position(file.position() + size - 8);
    }
    assertEquals(List.of("ftyp", "moov", "mdat"), boxes);
    // the last box of the index holds the place of the first picture
    assertEquals(pictures, file.getInt(pictures - 12));
  }

  @Test
  void givesTheSameBytesForTheSameClip() throws IOException {
    assertArrayEquals(bytes(Shapes.moving(64, 64, 5)), bytes(Shapes.moving(64, 64, 5)));
  }

  @Test
  void refusesWhatItCannotEncodeWell() {
    assertEquals("mp4: quantiser 16; needs 10 to 15", message(() -> new Mp4Writer(16)));
    assertEquals("mp4: quantiser 9; needs 10 to 15", message(() -> new Mp4Writer(9)));
    Clip tall = Clip.ofRgb(List.of(new byte[3 * 17]), 1, 17, 16);
    assertEquals("mp4: clip: 1 frames of 256 x 4352, 16 a second; H.264 level 5.1 ends at 4096 pixels a side and 9437184 in all",
        message(() -> bytes(tall)));
  }

  @Test
  void saysWhatToDoWithoutFfmpeg() throws IOException {
    Path file = folder.resolve("clip.mp4");
    FfmpegException e = assertThrows(FfmpegException.class,
        () -> Shapes.moving(16, 16, 2).save(file, new FfmpegWriter("no-such-program")));
    assertEquals(FfmpegException.Reason.NOT_FOUND, e.reason());
    assertEquals(
        "ffmpeg: cannot start no-such-program; install it, or leave the choice of ffmpeg out: the built-in encoder needs no"
            + " program", e.getMessage());
    assertNothingIn(folder);
  }

  @Test
  void saysWhatFfmpegSaidWhenItFails() throws IOException {
    // a program that understands none of this, reads nothing and fails
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    FfmpegException e = assertThrows(FfmpegException.class,
        () -> Shapes.moving(256, 256, 17).save(folder.resolve("clip.mp4"), new FfmpegWriter(java.toString())));
    assertEquals(FfmpegException.Reason.FAILED, e.reason());
    assertTrue(String.valueOf(e.getMessage()).startsWith("ffmpeg: exit code 1: "), e::getMessage);
    assertNothingIn(folder);
  }

  private static void assertNothingIn(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      assertEquals(List.of(), entries.toList());
    }
  }

  private static String message(Executable executable) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, executable).getMessage());
  }

  private static byte[] bytes(Clip clip) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Mp4Writer().write(clip, out);
    return out.toByteArray();
  }

  private static Clip decode(byte[] file) throws Exception {
    MP4Demuxer demuxer = MP4Demuxer.createMP4Demuxer(ByteBufferSeekableByteChannel.readFromByteBuffer(ByteBuffer.wrap(file)));
    var track = demuxer.getVideoTrack();
    H264Decoder decoder = H264Decoder.createH264DecoderFromCodecPrivate(track.getMeta().getCodecPrivate());
    List<byte[]> frames = new ArrayList<>();
    int width = 0;
    int height = 0;
    Packet packet;
    while ((packet = track.nextFrame()) != null) {
      Picture target = Picture.create(4096, 1024, ColorSpace.YUV420J);
      Picture picture = decoder.decodeFrame(packet.getData(), target.getData()).cropped();
      width = picture.getWidth();
      height = picture.getHeight();
      frames.add(rgb(picture));
    }
    return Clip.ofRgb(frames, width, height, 16);
  }

  /// BT.601 in limited range, chroma as it is stored; the inverse of the 3 x 3 matrix, in double.
  private static byte[] rgb(Picture picture) {
    byte[] rgb = new byte[3 * picture.getWidth() * picture.getHeight()];
    for (int i = 0; i < rgb.length / 3; i++) {
      int x = i % picture.getWidth();
      int y = i / picture.getWidth();
      double luma = (picture.getPlaneData(0)[i] + 128 - 16) * 255 / 219.0;
      int at = y / 2 * (picture.getWidth() / 2) + x / 2;
      double blue = picture.getPlaneData(1)[at] * 255 / 224.0;
      double red = picture.getPlaneData(2)[at] * 255 / 224.0;
      double[] values = {luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue};
      for (int c = 0; c < 3; c++) rgb[3 * i + c] = (byte) Math.clamp(Math.round(values[c]), 0, 255);
    }
    return rgb;
  }
}

package dev.raiju.models.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.StorageException;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ClipTest {
  @TempDir
  Path folder;

  @Test
  void roundsAndClampsTheTensor() {
    float[] red = {0, 1, -0.5f, 2, 0.5f, 1 / 255f, 1.49f / 255, 1.51f / 255};
    float[] values = new float[24];
    System.arraycopy(red, 0, values, 0, 8);
    Clip clip = Clip.of(Tensor.of(values, 1, 3, 2, 4), 16);
    byte[] frame = clip.frame(0);
    int[] seen = IntStream.range(0, 8).map(i -> frame[3 * i] & 0xff).toArray();
    assertArrayEquals(new int[] {0, 255, 0, 255, 128, 1, 1, 2}, seen);
    assertEquals(List.of(4, 2, 1, 16), List.of(clip.width(), clip.height(), clip.frames(), clip.framesPerSecond()));
  }

  @Test
  void countsWhatIsNotANumberAndShowsIt() {
    Clip clip = Clip.of(Tensor.of(new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}, 1, 3, 1, 1), 16);
    assertEquals(3, clip.notNumbers());
    assertArrayEquals(new byte[] {0, -1, 0}, clip.frame(0));
  }

  @Test
  void putsThePlanesOfTheTensorInOrder() {
    float[] values = new float[2 * 3 * 2 * 3];
    for (int i = 0; i < values.length; i++) values[i] = i / 255f;
    Clip clip = Clip.of(Tensor.of(values, 2, 3, 2, 3), 16);
    assertArrayEquals(new byte[] {0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 16, 5, 11, 17}, clip.frame(0));
    assertArrayEquals(new byte[] {18, 24, 30}, Stream.of(clip.frame(1)).map(f -> new byte[] {f[0], f[1], f[2]}).findFirst()
        .get());
  }

  @Test
  void survivesTheWayThroughTensorsAndImages() {
    Clip clip = SyntheticClips.plasma(5, 20, 12, 3);
    assertEquals(clip, Clip.of(clip.toTensor(), 16));
    assertEquals(clip, Clip.of(IntStream.range(0, 3).mapToObj(clip::image).toList(), 16));
  }

  @Test
  void takesTensorsOfNarrowTypesAndOfAnyLayout() {
    Clip clip = SyntheticClips.plasma(6, 8, 6, 3);
    assertEquals(clip, Clip.of(clip.toTensor().to(DType.F16), 16));
    Tensor channelsFirst = clip.toTensor().permute(1, 0, 2, 3).copy();
    assertEquals(clip, Clip.of(channelsFirst.permute(1, 0, 2, 3), 16));
  }

  @Test
  void doesNotChangeWithTheArraysItGaveOrGot() {
    byte[] mine = {1, 2, 3};
    Clip clip = Clip.ofRgb(List.of(mine), 1, 1, 16);
    mine[0] = 9;
    clip.frame(0)[1] = 9;
    assertArrayEquals(new byte[] {1, 2, 3}, clip.frame(0));
  }

  @Test
  void refusesTensorsOfAnotherKind() {
    String needs = "; needs a float type and [T, 3, H, W]";
    assertEquals("clip: f32 [3, 1, 2, 2]" + needs, message(() -> Clip.of(Tensor.zeros(3, 1, 2, 2), 16)));
    assertEquals("clip: f32 [3, 2, 2]" + needs, message(() -> Clip.of(Tensor.zeros(3, 2, 2), 16)));
    assertThrows(ShapeException.class, () -> Clip.of(Tensor.of(new int[3], 1, 3, 1, 1), 16));
    assertThrows(ShapeException.class, () -> Clip.of(Tensor.zeros(0, 3, 2, 2), 16));
    assertEquals("clip: 0 frames per second; needs 1 to 1000", message(() -> Clip.of(Tensor.zeros(1, 3, 2, 2), 0)));
    assertEquals("clip: a frame of 2 bytes; 1 x 1 needs 3", message(() -> Clip.ofRgb(List.of(new byte[2]), 1, 1, 16)));
  }

  @Test
  void refusesImagesOfDifferentSizes() {
    List<BufferedImage> images = List.of(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB),
        new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB));
    assertEquals("clip: image 1 is 3 x 2; the first is 2 x 2", message(() -> Clip.of(images, 16)));
  }

  @Test
  void savesByExtensionWhateverItsCase() throws IOException {
    SyntheticClips.shapes(1, 16, 16, 2).save(folder.resolve("clip.GIF"));
    assertEquals("GIF89a", new String(Files.readAllBytes(folder.resolve("clip.GIF")), 0, 6, "US-ASCII"));
  }

  @Test
  void namesTheWritersThereAreAndTheModuleThatBringsMp4() {
    assertEquals("clip: no writer for files ending in .mp4; there are .apng .gif .png; .mp4 comes with module"
        + " dev.raiju.export.video (artifact raiju-video)", message(() -> SyntheticClips.shapes(1, 8, 8, 2).save(Path.of(
            "a.mp4"))));
    assertTrue(message(() -> SyntheticClips.shapes(1, 8, 8, 2).save(Path.of("a.b/clip"))).startsWith(
        "clip: no writer for files"));
  }

  @Test
  void refusesAnExtensionThatIsNotTheWriters() {
    ClipWriter gif = ClipWriter.forExtension("gif");
    assertEquals("clip: x.png: this writer makes .gif files", message(() -> SyntheticClips.shapes(1, 8, 8, 1).save(Path.of(
        "x.png"), gif)));
  }

  @Test
  void leavesTheOldFileAndNothingElseWhenWritingFails() throws IOException {
    Path file = folder.resolve("clip.bad");
    Files.writeString(file, "old");
    assertThrows(IOException.class, () -> SyntheticClips.shapes(1, 8, 8, 1).save(file, new ClipWriter() {
      @Override
      public String extension() { return "bad"; }

      @Override
      public void write(Clip clip, OutputStream out) throws IOException {
        out.write(new byte[100_000]);
        throw new IOException("disk full");
      }
    }));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), list(folder));
  }

  @Test
  void replacesAFileThatIsThere() throws IOException {
    Path file = folder.resolve("clip.png");
    Files.writeString(file, "old");
    SyntheticClips.shapes(1, 8, 8, 1).save(file);
    assertEquals(List.of(file), list(folder));
    assertEquals(8, ImageIO.read(file.toFile()).getWidth());
  }

  @Test
  void tellsWhichFolderIsMissing() {
    Path file = folder.resolve("nowhere/clip.gif");
    StorageException e = assertThrows(StorageException.class, () -> SyntheticClips.shapes(1, 8, 8, 1).save(file));
    assertEquals(file + ": not written: there is no folder " + folder.resolve("nowhere"), e.getMessage());
  }

  @Test
  void savesFramesAtTheirOwnSize() throws IOException {
    Clip clip = SyntheticClips.shapes(2, 20, 12, 11);
    clip.saveFrames(folder.resolve("frames"));
    List<Path> files = list(folder.resolve("frames"));
    assertEquals("frame-0000.png frame-0010.png", files.getFirst().getFileName() + " " + files.getLast().getFileName());
    List<BufferedImage> images = files.stream().map(ClipTest::read).toList();
    assertEquals(clip, Clip.of(images, 16));
  }

  @Test
  void doesNotMixFramesIntoAFolderThatHasFiles() throws IOException {
    Files.writeString(folder.resolve("note"), "mine");
    Clip clip = SyntheticClips.shapes(2, 8, 8, 2);
    assertThrows(StorageException.class, () -> clip.saveFrames(folder));
    assertEquals(List.of(folder.resolve("note")), list(folder));
    Path empty = Files.createDirectory(folder.resolve("empty"));
    clip.saveFrames(empty);
    assertEquals(2, list(empty).size());
    assertEquals(2, list(folder).size());
  }

  @Test
  void runsWithoutAnyModuleButTheBase() throws Exception {
    // Main saves a GIF, which a JVM of java.base alone must do
    String path = Stream.of(Clip.class, Tensor.class, WithoutDesktop.class).map(type -> location(type)).distinct()
        .reduce((a, b) -> a + File.pathSeparator + b).orElseThrow();
    Path file = folder.resolve("alone.gif");
    Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--limit-modules",
        "java.base",
        "--enable-native-access=ALL-UNNAMED", "-cp", path, WithoutDesktop.class.getName(), file.toString()).redirectErrorStream(
            true).start();
    String output = new String(java.getInputStream().readAllBytes(), "UTF-8");
    assertEquals(0, java.waitFor(), output);
    assertEquals("no images here", output.strip());
    assertFalse(Files.size(file) == 0);
  }

  private static String location(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString())).toString();
  }

  private static BufferedImage read(Path file) {
    try {
      return ImageIO.read(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  private static String message(Executable executable) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, executable).getMessage());
  }
}

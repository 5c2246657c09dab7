package dev.raiju.models.pipeline;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.StagedDirectory;
import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// A video in memory: RGB frames of eight bits, sRGB, all of one size, shown at a steady rate. Never changes.
///
/// Files are written by extension: `.png` (a single frame), `.apng` and `.gif` by this module, `.mp4` by module
/// `dev.raiju.export.video`. The methods on [BufferedImage] need module `java.desktop`; all others run without it.
public final class Clip {
  private final int width;
  private final int height;
  private final int framesPerSecond;
  private final long notNumbers;
  private final byte[][] frames;

  /// Takes over `frames`.
  Clip(byte[][] frames, int width, int height, int framesPerSecond, long notNumbers) {
    if (framesPerSecond < 1 || framesPerSecond > 1000) {
      throw new IllegalArgumentException("clip: " + framesPerSecond + " frames per second; needs 1 to 1000");
    }
    this.frames = frames;
    this.width = width;
    this.height = height;
    this.framesPerSecond = framesPerSecond;
    this.notNumbers = notNumbers;
  }

  // ---- making clips

  /// The clip that a decoder's output shows: `round(255 · x)`, held to 0 … 255.
  ///
  /// Infinities become the nearest end of the range and NaN becomes black; they are counted, and [Sentinel] tells of them.
  ///
  /// @param frames [T, 3, H, W], any float type, from 0 to 1
  /// @throws ShapeException if the tensor is of another kind
  public static Clip of(Tensor frames, int framesPerSecond) {
    Shape shape = frames.shape();
    if (!frames.dtype().isFloat() || shape.rank() != 4 || shape.size(1) != 3 || shape.elements() == 0) {
      throw new ShapeException("clip: %s; needs a float type and [T, 3, H, W]", frames.spec());
    }
    ClipCanvas canvas = new ClipCanvas(Math.toIntExact(shape.size(0)), Math.toIntExact(shape.size(3)), Math.toIntExact(shape.size(
        2)), framesPerSecond);
    canvas.put(frames, 0, 0, 0);
    return canvas.clip();
  }

  /// A clip of frames given as bytes R, G, B of each pixel, row by row.
  ///
  /// @throws ShapeException if there is no frame, or one that is not of this size
  public static Clip ofRgb(List<byte[]> frames, int width, int height, int framesPerSecond) {
    if (frames.isEmpty() || width < 1 || height < 1) {
      throw new ShapeException("clip: %d frames of %d x %d; needs one or more of each", frames.size(), width, height);
    }
    for (byte[] frame : frames) {
      if (frame.length != 3L * width * height) {
        throw new ShapeException("clip: a frame of %d bytes; %d x %d needs %d", frame.length, width, height, 3L * width * height);
      }
    }
    return new Clip(frames.stream().map(byte[]::clone).toArray(byte[][]::new), width, height, framesPerSecond, 0);
  }

  /// A clip of images of one size; transparency is dropped.
  ///
  /// @throws ShapeException if there is none, or their sizes differ
  public static Clip of(List<BufferedImage> images, int framesPerSecond) { return Images.toClip(images, framesPerSecond); }

  // ---- what it is

  /// The number of frames.
  public int frames() { return frames.length; }

  public int width() { return width; }

  public int height() { return height; }

  public int framesPerSecond() { return framesPerSecond; }

  /// How many values of the tensor it was made from were NaN or infinite.
  public long notNumbers() { return notNumbers; }

  /// A copy of frame `i`: bytes R, G, B of each pixel, row by row.
  public byte[] frame(int i) { return frames[i].clone(); }

  /// Frame `i` as an image of type RGB.
  public BufferedImage image(int i) { return Images.of(frames[i], width, height); }

  /// The frames as an f32 tensor [T, 3, H, W] from 0 to 1, on the best device.
  public Tensor toTensor() {
    int plane = width * height;
    float[] values = new float[Math.multiplyExact(frames.length, 3 * plane)];
    for (int t = 0, at = 0; t < frames.length; t++) {
      for (int c = 0; c < 3; c++) {
        for (int i = 0; i < plane; i++) values[at++] = (frames[t][3 * i + c] & 0xff) / 255f;
      }
    }
    return Tensor.of(values, frames.length, 3, height, width).to(Device.best());
  }

  // ---- files

  /// Writes the clip to a file in the format that its extension names. The file appears whole or not at all, and replaces one
  /// that is there.
  ///
  /// @throws IllegalArgumentException if no writer for the extension is installed, or the format cannot hold this clip
  public void save(Path file) throws IOException { save(file, ClipWriter.forFile(file)); }

  /// Writes the clip to a file by a writer of one's own choice, such as the one that calls ffmpeg.
  ///
  /// @throws IllegalArgumentException if the file has not the writer's extension, or the format cannot hold this clip
  public void save(Path file, ClipWriter writer) throws IOException {
    if (!ClipWriter.extensionOf(file).equals(writer.extension())) {
      throw new IllegalArgumentException("clip: " + file + ": this writer makes ." + writer.extension() + " files");
    }
    Durable.system().write(file, out -> written(writer, this, out));
  }

  /// Writes each frame at its own size into a new folder: `frame-0000.png`, `frame-0001.png` and so on. The folder appears
  /// with all of them or not at all.
  ///
  /// @throws dev.raiju.tensor.io.StorageException if the folder is there and not empty, or cannot be written
  public void saveFrames(Path folder) throws IOException {
    ClipWriter png = ClipWriter.forExtension("png");
    if (isEmptyFolder(folder)) Durable.system().remove(folder);
    try (StagedDirectory staged = Durable.system().stage(folder)) {
      for (int i = 0; i < frames.length; i++) {
        Clip single = new Clip(new byte[][] {frames[i]}, width, height, framesPerSecond, 0);
        staged.write(String.format(Locale.ROOT, "frame-%04d.png", i), out -> written(png, single, out));
      }
      staged.commit();
    }
  }

  private static void written(ClipWriter writer, Clip clip, WritableByteChannel channel) throws IOException {
    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    writer.write(clip, out);
    out.flush();
  }

  private static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) return false;
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  /// True for a clip of the same pixels, size and rate.
  @Override
  public boolean equals(Object other) {
    return other instanceof Clip that && width == that.width && height == that.height && framesPerSecond == that.framesPerSecond
        && notNumbers == that.notNumbers && Arrays.deepEquals(frames, that.frames);
  }

  @Override
  public int hashCode() { return Arrays.deepHashCode(frames); }

  @Override
  public String toString() {
    return "clip: " + frames.length + " frames of " + width + " x " + height + ", " + framesPerSecond + " a second";
  }
}

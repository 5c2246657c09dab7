package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntSupplier;

/// Where a row takes its decisions from: sizes, attributes and numbers.
///
/// Decisions are whole numbers, of which 0 stands for the simplest choice: a harness that records them can make a failing case
/// small by making them small. Numbers that fill tensors come from a random source of their own.
public final class Choices {
  // sizes that straddle the lanes of every machine, mixed with others; the first is the simplest
  private static final long[] LENGTHS = {1, 2, 3, 5, 4, 7, 8, 9, 6, 15, 16, 17, 11, 31, 32, 33, 23, 63, 64, 65, 13, 0, 10, 20};
  private static final long[] FEW = {1, 2, 3, 2, 1, 4, 3, 2, 1, 3, 2, 0, 2, 3, 1, 2};
  private static final double[] WILD = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 0, 1, -1, 0.5};

  private final IntSupplier source;
  private final Rng rng;
  private final long length;
  private final boolean tame;

  private Choices(IntSupplier source, Rng rng, long length, boolean tame) {
    this.source = source;
    this.rng = rng;
    this.length = length;
    this.tame = tame;
  }

  /// Decisions from `source`, which gives numbers from 0 up; the numbers in tensors from `rng`.
  public static Choices of(IntSupplier source, Rng rng) { return new Choices(source, rng, -1, false); }

  /// Everything from one random source.
  public static Choices of(Rng rng) { return of(() -> rng.nextBits() >>> 1, rng); }

  /// Every length is this one.
  public Choices withLength(long length) { return new Choices(source, rng, length, tame); }

  /// Whether only ordinary numbers are wanted, and no point where a function jumps.
  public boolean isTame() { return tame; }

  /// Only ordinary numbers, as gradients and error bounds of sums need.
  public Choices tame() { return new Choices(source, rng, length, true); }

  // ---- decisions

  /// A number from 0 to `bound - 1`.
  public int pick(int bound) { return source.getAsInt() % bound; }

  public int between(int low, int high) { return low + pick(high - low + 1); }

  public boolean coin() { return pick(2) == 1; }

  /// True once in `times`.
  public boolean rarely(int times) { return pick(times) == times - 1; }

  public <T> T among(List<T> all) { return all.get(pick(all.size())); }

  /// The size of an axis of little interest, such as a batch: up to 4, seldom 0.
  public long few() { return FEW[pick(FEW.length)]; }

  /// The size of an axis along which a kernel has lanes: up to 65, seldom 0.
  public long length() {
    int choice = pick(LENGTHS.length);
    return length >= 0 ? length : LENGTHS[choice];
  }

  /// The same, but not below `least`.
  public long length(long least) { return Math.max(least, length()); }

  /// Up to four axes, the last one a length.
  public Shape shape() {
    int rank = pick(5);
    long[] sizes = new long[rank == 4 ? 4 : (rank + 1) % 4];
    for (int i = 0; i < sizes.length - 1; i++) sizes[i] = few();
    if (sizes.length > 0) sizes[sizes.length - 1] = length();
    return Shape.of(sizes);
  }

  /// The same with at least `least` axes.
  public Shape shape(int least) {
    Shape shape = shape();
    while (shape.rank() < least) shape = shape.insert(0, few());
    return shape;
  }

  /// Some axis, counted from the front or from the back.
  public int axis(int rank) { return coin() ? pick(rank) - rank : pick(rank); }

  /// A shape that stretches to `shape`: some axes 1, some leading ones gone.
  public Shape stretchable(Shape shape) {
    int dropped = rarely(3) ? pick(shape.rank() + 1) : 0;
    Shape result = shape.slice(dropped, shape.rank());
    for (int i = 0; i < result.rank(); i++) {
      if (rarely(4)) result = result.with(i, 1);
    }
    return result;
  }

  // ---- numbers

  /// Standard normal numbers; for integers, whole ones up to 100; for bool, either.
  public Value numbers(DType type, Shape shape) {
    return switch (type.kind()) {
      case FLOAT -> fill(type, shape, () -> rng.nextNormal());
      case BOOL -> fill(type, shape, () -> rng.nextInt(2));
      case INTEGER, STORAGE, BLOCK, PACKED -> integers(type, type == DType.U8 ? 0 : -100, 100, shape);
    };
  }

  public Value numbers(DType type, long... sizes) { return numbers(type, Shape.of(sizes)); }

  /// Numbers of which in some cases a part is special: NaN, infinities, both zeros, the smallest and the largest.
  public Value wild(DType type, Shape shape) {
    if (tame || !rarely(6)) return numbers(type, shape);
    return type.isInteger()
        ? fill(type, shape, () -> rng.nextBits() * 0x1p32 + rng.nextBits())
        : type == DType.BOOL
            ? numbers(type, shape)
            : fill(type, shape, () -> rng.nextInt(3) == 0 ? special(type) : rng.nextNormal());
  }

  private double special(DType type) {
    int choice = rng.nextInt(WILD.length + 6);
    return choice < WILD.length ? WILD[choice] : Extremes.of(type)[choice - WILD.length];
  }

  /// Numbers between two bounds.
  public Value uniform(DType type, double low, double high, Shape shape) {
    return fill(type, shape, () -> low + (high - low) * rng.nextUniform());
  }

  public Value uniform(DType type, double low, double high, long... sizes) { return uniform(type, low, high, Shape.of(sizes)); }

  /// Whole numbers from `low` to `high`.
  public Value integers(DType type, int low, int high, Shape shape) {
    return fill(type, shape, () -> low + rng.nextInt(high - low + 1));
  }

  /// Indices into an axis of `size`.
  public Value indices(long size, Shape shape) {
    DType type = coin() ? DType.I32 : DType.I64;
    return integers(type, 0, (int) size - 1, shape);
  }

  /// Each true with a chance of one half.
  public Value bools(Shape shape) { return numbers(DType.BOOL, shape); }

  /// Any bits at all, for what is only moved; ordinary numbers where a gradient is wanted.
  public Value bits(DType type, Shape shape) {
    if (tame && type.isFloat()) return numbers(type, shape);
    byte[] contents = new byte[Math.toIntExact(new Spec(type, shape).bytes())];
    for (int i = 0; i < contents.length; i++) contents[i] = (byte) (type == DType.BOOL ? rng.nextInt(2) : rng.nextBits());
    return Value.of(new Spec(type, shape), contents);
  }

  /// A number for an attribute: 0, 1 or a normal one.
  public double number() {
    return switch (pick(4)) {
      case 0 -> 1;
      case 1 -> 0;
      default -> rng.nextNormal();
    };
  }

  private interface Source {
    double next();
  }

  private static Value fill(DType type, Shape shape, Source source) {
    Spec spec = new Spec(type, shape);
    byte[] contents = new byte[Math.toIntExact(spec.bytes())];
    MemorySegment memory = MemorySegment.ofArray(contents);
    long count = shape.elements();
    for (long i = 0; i < count; i++) Elements.setDouble(type, memory, i, source.next());
    return Value.of(spec, contents);
  }

  /// The smallest and largest numbers of a float type.
  private static final class Extremes {
    private static final double[] F32 = of(Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE);
    private static final double[] F16 = of(0x1p-24, 0x1p-14, 65504);
    private static final double[] BF16 = of(0x1p-133, 0x1p-126, 0x1.fep127);

    private static double[] of(double least, double normal, double most) {
      return new double[] {least, -least, normal, -normal, most, -most};
    }

    static double[] of(DType type) { return type == DType.F16 ? F16 : type == DType.BF16 ? BF16 : F32; }
  }
}

package dev.raiju.tensor;

import java.util.Arrays;

/// The sizes of a tensor's axes, outermost first. A scalar has none. Sizes may be 0. Immutable.
public final class Shape {
  /// More axes than this are refused: no model needs them, and kernels keep indices in small arrays.
  public static final int MAX_RANK = 8;

  private static final Shape SCALAR = new Shape(new long[0]);

  private final long[] sizes;
  private final long elements;

  private Shape(long[] sizes) {
    this.sizes = sizes;
    if (sizes.length > MAX_RANK) throw new ShapeException("shape: rank %d: at most %d axes", sizes.length, MAX_RANK);
    long product = 1;
    boolean empty = false;
    for (long size : sizes) {
      if (size < 0) throw new ShapeException("shape: negative size: %s", Arrays.toString(sizes));
      empty |= size == 0;
    }
    for (int i = 0; i < sizes.length && !empty; i++) {
      try {
        product = Math.multiplyExact(product, sizes[i]);
      } catch (ArithmeticException e) {
        throw new ShapeException("shape: too many elements: %s; at most 2^63 - 1", Arrays.toString(sizes));
      }
    }
    this.elements = empty ? 0 : product;
  }

  public static Shape of(long... sizes) { return sizes.length == 0 ? SCALAR : new Shape(sizes.clone()); }

  public static Shape scalar() { return SCALAR; }

  public int rank() { return sizes.length; }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  public long elements() { return elements; }

  /// The size of an axis; -1 is the last.
  public long size(int axis) { return sizes[axis(axis)]; }

  public long[] sizes() { return sizes.clone(); }

  /// `axis` counted from the front, for an `axis` that may count from the back (-1 is the last).
  ///
  /// @throws ShapeException if there is no such axis
  public int axis(int axis) {
    int from = axis < 0 ? axis + sizes.length : axis;
    if (from < 0 || from >= sizes.length) throw new ShapeException("axis %d: %s has %d axes", axis, this, sizes.length);
    return from;
  }

  /// Several axes counted from the front, in ascending order.
  ///
  /// @throws ShapeException if one does not exist or appears twice
  public int[] axes(int... axes) {
    int[] sorted = Arrays.stream(axes).map(this::axis).sorted().toArray();
    for (int i = 1; i < sorted.length; i++) {
      if (sorted[i] == sorted[i - 1]) throw new ShapeException("axis %d: given twice in %s", sorted[i], Arrays.toString(axes));
    }
    return sorted;
  }

  /// This shape with another size for one axis.
  public Shape with(int axis, long size) {
    long[] changed = sizes.clone();
    changed[axis(axis)] = size;
    return new Shape(changed);
  }

  /// This shape with an axis of `size` put in front of `axis`; `axis` may be the rank.
  public Shape insert(int axis, long size) {
    int at = axis < 0 ? axis + sizes.length + 1 : axis;
    if (at < 0 || at > sizes.length) throw new ShapeException("axis %d: cannot insert into %s", axis, this);
    long[] more = new long[sizes.length + 1];
    System.arraycopy(sizes, 0, more, 0, at);
    more[at] = size;
    System.arraycopy(sizes, at, more, at + 1, sizes.length - at);
    return new Shape(more);
  }

  /// This shape without an axis.
  public Shape remove(int axis) {
    int at = axis(axis);
    long[] fewer = new long[sizes.length - 1];
    System.arraycopy(sizes, 0, fewer, 0, at);
    System.arraycopy(sizes, at + 1, fewer, at, fewer.length - at);
    return of(fewer);
  }

  /// The axes from `begin` to `end`, exclusive.
  ///
  /// @throws ShapeException if they are not axes of this shape in order
  public Shape slice(int begin, int end) {
    if (begin < 0 || begin > end || end > sizes.length)
      throw new ShapeException("axes %d to %d: %s has %d axes", begin, end, this, sizes.length);
    return of(Arrays.copyOfRange(sizes, begin, end));
  }

  /// The axes of this shape followed by others.
  public Shape append(long... more) {
    long[] all = Arrays.copyOf(sizes, sizes.length + more.length);
    System.arraycopy(more, 0, all, sizes.length, more.length);
    return of(all);
  }

  /// The shape after summing over `axes`: they become 1, or go.
  public Shape reduce(boolean keepAxes, int... axes) {
    int[] sorted = axes(axes);
    long[] result = sizes.clone();
    for (int axis : sorted) result[axis] = 1;
    if (keepAxes) return of(result);
    long[] left = new long[sizes.length - sorted.length];
    for (int i = 0, to = 0; i < sizes.length; i++) {
      if (Arrays.binarySearch(sorted, i) < 0) left[to++] = sizes[i];
    }
    return of(left);
  }

  /// The common shape of two operands, as NumPy broadcasts: aligned at the last axis, sizes equal or one of them 1.
  ///
  /// @throws ShapeException if they do not fit
  public Shape broadcast(Shape other) {
    if (equals(other)) return this;
    int rank = Math.max(rank(), other.rank());
    long[] result = new long[rank];
    for (int i = 0; i < rank; i++) {
      long a = i < rank - rank() ? 1 : sizes[i - rank + rank()];
      long b = i < rank - other.rank() ? 1 : other.sizes[i - rank + other.rank()];
      if (a != b && a != 1 && b != 1) {
        throw new ShapeException("broadcast: sizes differ: %s and %s; needs equal sizes, or 1", this, other);
      }
      result[i] = a == 1 ? b : a;
    }
    return of(result);
  }

  @Override
  public boolean equals(Object other) { return other instanceof Shape that && Arrays.equals(sizes, that.sizes); }

  @Override
  public int hashCode() { return Arrays.hashCode(sizes); }

  @Override
  public String toString() { return Arrays.toString(sizes); }
}

package dev.raiju.tensor;

import java.util.Arrays;
import java.util.Optional;

/// How the elements of a shape lie in a buffer: element `[i0, i1, …]` is at `offset + Σ i · stride`, all in elements.
///
/// A broadcast axis has stride 0. Immutable.
public final class Layout {
  private final Shape shape;
  private final long[] strides;
  private final long offset;

  private Layout(Shape shape, long[] strides, long offset) {
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  /// The row-major layout without gaps.
  public static Layout contiguous(Shape shape) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, shape.size(i));
    }
    return new Layout(shape, strides, 0);
  }

  /// A layout without gaps in which the axes lie in memory in the given order, outermost first.
  public static Layout dense(Shape shape, int... order) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int i = order.length - 1; i >= 0; i--) {
      strides[order[i]] = stride;
      stride *= Math.max(1, shape.size(order[i]));
    }
    return new Layout(shape, strides, 0);
  }

  /// A layout with strides of its own. The caller answers for staying inside the buffer; [Tensor] checks it.
  public static Layout of(Shape shape, long[] strides, long offset) {
    if (strides.length != shape.rank()) throw new ShapeException("layout: %d strides for %s", strides.length, shape);
    return new Layout(shape, strides.clone(), offset);
  }

  public Shape shape() { return shape; }

  public long offset() { return offset; }

  public long stride(int axis) { return strides[shape.axis(axis)]; }

  public long[] strides() { return strides.clone(); }

  /// Whether the elements lie row-major without gaps, wherever they begin.
  public boolean isContiguous() {
    long expected = 1;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      if (shape.size(i) != 1 && strides[i] != expected) return shape.elements() == 0;
      expected *= shape.size(i);
    }
    return true;
  }

  /// Whether the elements fill a block of memory without gaps or overlap, in any order of the axes.
  public boolean isDense() {
    long expected = 1;
    int[] order = memoryOrder();
    for (int i = order.length - 1; i >= 0; i--) {
      long size = shape.size(order[i]);
      if (size != 1 && strides[order[i]] != expected) return shape.elements() == 0;
      expected *= size;
    }
    return true;
  }

  /// Whether it begins on a block of `unit` elements, steps by blocks and runs along each block.
  public boolean isOnBlocks(int unit) {
    int last = shape.rank() - 1;
    if (last < 0 || offset % unit != 0) return false;
    for (int i = 0; i < last; i++) {
      if (shape.size(i) > 1 && strides[i] % unit != 0) return false;
    }
    return shape.size(last) % unit == 0 && strides[last] == 1;
  }

  /// The axes from the largest stride to the smallest; equal ones keep their order.
  public int[] memoryOrder() {
    int[] order = new int[shape.rank()];
    for (int i = 0; i < order.length; i++) {
      // insertion sort: stable, and the rank is tiny
      int at = i;
      for (; at > 0 && strides[order[at - 1]] < strides[i]; at--) order[at] = order[at - 1];
      order[at] = i;
    }
    return order;
  }

  /// The largest element index that this layout touches; its offset for an empty shape.
  public long lastIndex() {
    long last = offset;
    if (shape.elements() == 0) return last;
    for (int i = 0; i < strides.length; i++) last += Math.max(0, strides[i] * (shape.size(i) - 1));
    return last;
  }

  /// The smallest element index that this layout touches; its offset for an empty shape.
  public long firstIndex() {
    long first = offset;
    if (shape.elements() == 0) return first;
    for (int i = 0; i < strides.length; i++) first += Math.min(0, strides[i] * (shape.size(i) - 1));
    return first;
  }

  public Layout permute(int... axes) {
    if (axes.length != shape.rank()) throw new ShapeException("permute: %d axes given for %s", axes.length, shape);
    shape.axes(axes);
    long[] sizes = new long[axes.length];
    long[] moved = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      sizes[i] = shape.size(axes[i]);
      moved[i] = stride(axes[i]);
    }
    return new Layout(Shape.of(sizes), moved, offset);
  }

  /// Every `step`-th of the `length` entries from `start` on along `axis`; a negative step walks backwards.
  public Layout slice(int axis, long start, long length, long step) {
    int at = shape.axis(axis);
    long size = shape.size(at);
    boolean inside = start >= 0 && start < size && step != 0;
    // how many entries there are from the start on; nothing here can wrap
    long available = !inside ? 0 : step > 0 ? (size - 1 - start) / step + 1 : start / -step + 1;
    if (length < 0 || step == 0 || length > available) {
      throw new ShapeException("slice: start %d, length %d, step %d: axis %d of %s has %d", start, length, step, axis, shape,
          size);
    }
    long[] changed = strides.clone();
    changed[at] = strides[at] * step;
    Shape cut = shape.with(at, length);
    // where there is nothing, there is no place: it might lie outside the buffer
    return new Layout(cut, changed, cut.elements() == 0 ? offset : offset + start * strides[at]);
  }

  public Layout broadcast(Shape target) {
    int added = target.rank() - shape.rank();
    if (added < 0) throw new ShapeException("broadcast: %s does not stretch to %s", shape, target);
    long[] changed = new long[target.rank()];
    for (int i = 0; i < target.rank(); i++) {
      long size = i < added ? 1 : shape.size(i - added);
      if (size != target.size(i) && size != 1)
        throw new ShapeException("broadcast: %s does not stretch to %s", shape, target);
      changed[i] = size == 1 ? 0 : strides[i - added];
    }
    return new Layout(target, changed, offset);
  }

  /// Overlapping windows of `size` along `axis`, one every `step`: that axis becomes their number, a new last axis their inside.
  public Layout windows(int axis, long size, long step) {
    int at = shape.axis(axis);
    long count = windowCount(shape.size(at), size, step);
    long[] changed = Arrays.copyOf(strides, strides.length + 1);
    changed[strides.length] = strides[at];
    changed[at] = strides[at] * step;
    return new Layout(shape.with(at, count).append(size), changed, offset);
  }

  private long windowCount(long have, long size, long step) {
    if (size < 1 || step < 1 || size > have)
      throw new ShapeException("windows: size %d, step %d: the axis has %d", size, step, have);
    return (have - size) / step + 1;
  }

  /// The same elements in the same order under another shape, if that needs no copy.
  public Optional<Layout> reshape(Shape target) {
    if (target.elements() != shape.elements()) {
      throw new ShapeException("reshape: %s has %d elements, %s has %d", shape, shape.elements(), target, target.elements());
    }
    if (isContiguous()) {
      Layout plain = contiguous(target);
      return Optional.of(new Layout(target, plain.strides, offset));
    }
    // walk both shapes from the back, matching groups of axes with equal products
    long[] result = new long[target.rank()];
    int from = shape.rank() - 1;
    int to = target.rank() - 1;
    while (to >= 0) {
      while (from >= 0 && shape.size(from) == 1) from--;
      if (target.size(to) == 1) {
        result[to--] = 0;
        continue;
      }
      long have = shape.size(from);
      long stride = strides[from];
      long need = target.size(to);
      int first = to--;
      while (have != need) {
        if (have < need) {
          int outer = from - 1;
          while (shape.size(outer) == 1) outer--;
          if (strides[outer] != strides[from] * shape.size(from)) return Optional.empty();
          from = outer;
          have *= shape.size(from);
        } else {
          if (to < 0) return Optional.empty();
          need *= target.size(to--);
        }
      }
      for (int i = first; i > to; i--) {
        result[i] = stride;
        stride *= target.size(i);
      }
      from--;
    }
    return Optional.of(new Layout(target, result, offset));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Layout that && shape.equals(that.shape) && offset == that.offset && Arrays.equals(strides,
        that.strides);
  }

  @Override
  public int hashCode() { return 31 * (31 * shape.hashCode() + Arrays.hashCode(strides)) + Long.hashCode(offset); }

  @Override
  public String toString() { return shape + " strides " + Arrays.toString(strides) + " offset " + offset; }
}

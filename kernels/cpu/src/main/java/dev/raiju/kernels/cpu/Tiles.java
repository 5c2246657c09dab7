package dev.raiju.kernels.cpu;

import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import java.util.Arrays;

/// A walk over tensors of one shape in tiles of rows and columns.
///
/// Axes of size 1 go, axes that are one in all tensors are joined. The columns run along the last axis in memory order of the
/// first tensor. The rows run along an axis on which another tensor is contiguous while it is not on the columns, so that a
/// transposed tensor is read by whole cache lines; else along the axis next to the columns where these are short; else there is
/// one row.
final class Tiles {
  // shorter rows than this are walked several at a time
  private static final int SHORT = 128;

  private final long[] sizes;
  private final long[][] strides;
  private final int rowAxis;
  private final int columnAxis;
  private final int rows;
  private final int columns;
  private final long rowTiles;
  private final long columnTiles;

  private Tiles(long[] sizes, long[][] strides, int limit) {
    this.sizes = sizes;
    this.strides = strides;
    this.columnAxis = sizes.length - 1;
    int turned = turnedAxis(sizes, strides);
    boolean isShort = sizes[columnAxis] < SHORT && sizes.length > 1;
    this.rowAxis = turned >= 0 ? turned : isShort ? columnAxis - 1 : -1;
    int width = turned >= 0 ? Math.max(1, Integer.highestOneBit((int) Math.sqrt(limit))) : limit;
    this.columns = even(sizes[columnAxis], width);
    this.rows = rowAxis < 0 ? 1 : even(sizes[rowAxis], Math.max(1, limit / columns));
    this.columnTiles = (sizes[columnAxis] + columns - 1) / columns;
    this.rowTiles = rowAxis < 0 ? 1 : (sizes[rowAxis] + rows - 1) / rows;
  }

  /// A walk over all of `layouts`, which have one shape, in tiles of at most `limit` elements.
  static Tiles of(int limit, Layout... layouts) {
    Shape shape = layouts[0].shape();
    int[] order = layouts[0].memoryOrder();
    long[] sizes = new long[Math.max(1, order.length)];
    long[][] strides = new long[layouts.length][sizes.length];
    int axes = 0;
    for (int axis : order) {
      if (shape.size(axis) == 1) continue;
      if (axes > 0 && joins(layouts, axis, shape.size(axis), strides, axes - 1)) sizes[axes - 1] *= shape.size(axis);
      else
        sizes[axes++] = shape.size(axis);
      for (int i = 0; i < layouts.length; i++) strides[i][axes - 1] = layouts[i].stride(axis);
    }
    if (axes == 0) sizes[axes++] = 1;
    for (int i = 0; i < strides.length; i++) strides[i] = Arrays.copyOf(strides[i], axes);
    return new Tiles(Arrays.copyOf(sizes, axes), strides, limit);
  }

  /// Whether `axis` continues the axis before it in all tensors.
  private static boolean joins(Layout[] layouts, int axis, long size, long[][] strides, int before) {
    for (int i = 0; i < layouts.length; i++) {
      if (strides[i][before] != layouts[i].stride(axis) * size) return false;
    }
    return true;
  }

  /// An axis on which a tensor is contiguous that is not so on the columns, or -1.
  private static int turnedAxis(long[] sizes, long[][] strides) {
    int last = sizes.length - 1;
    for (long[] stride : strides) {
      if (Math.abs(stride[last]) <= 1 || sizes[last] < 4) continue;
      for (int axis = last - 1; axis >= 0; axis--) {
        if (stride[axis] == 1 && sizes[axis] >= 4) return axis;
      }
    }
    return -1;
  }

  /// The size of equal parts of at most `limit` that make up `size`, whole groups of 16 where there are several.
  private static int even(long size, int limit) {
    if (size <= limit) return (int) size;
    long parts = (size + limit - 1) / limit;
    return (int) Math.min(limit, ((size + parts - 1) / parts + 15) & -16);
  }

  /// How many tiles there are.
  long count() {
    long count = rowTiles * columnTiles;
    for (int axis = 0; axis < columnAxis; axis++) {
      if (axis != rowAxis) count *= sizes[axis];
    }
    return count;
  }

  /// The elements of a whole tile.
  int elements() { return rows * columns; }

  /// The place of one tile after the other, for one thread.
  Tile tile() { return new Tile(); }

  /// One tile: how many rows and columns it has and where it begins in each tensor.
  final class Tile {
    private final long[] begin = new long[strides.length];
    private int height;
    private int width;

    int rows() { return height; }

    int columns() { return width; }

    int elements() { return height * width; }

    /// Where the tile begins in tensor `i`, in elements from the tensor's own beginning.
    long begin(int i) { return begin[i]; }

    long rowStride(int i) { return rowAxis < 0 ? 0 : strides[i][rowAxis]; }

    long columnStride(int i) { return strides[i][columnAxis]; }

    /// Whether the elements of the tile lie one after the other in tensor `i`.
    boolean isContiguous(int i) {
      return (width == 1 || columnStride(i) == 1) && (height == 1 || rowStride(i) == width);
    }

    /// Whether the whole walk stays on one element of tensor `i`.
    boolean isConstant(int i) {
      for (int axis = 0; axis < sizes.length; axis++) {
        if (strides[i][axis] != 0 && sizes[axis] != 1) return false;
      }
      return true;
    }

    /// Goes to tile `number`.
    void go(long number) {
      long plane = rowTiles * columnTiles;
      long within = number % plane;
      long rest = number / plane;
      // along the side with fewer tiles first, so that cache lines that stick out of a tile are still there for the next
      long column = (rowTiles < columnTiles ? within / rowTiles : within % columnTiles) * columns;
      long row = (rowTiles < columnTiles ? within % rowTiles : within / columnTiles) * rows;
      width = (int) Math.min(columns, sizes[columnAxis] - column);
      height = rowAxis < 0 ? 1 : (int) Math.min(rows, sizes[rowAxis] - row);
      for (int i = 0; i < begin.length; i++) begin[i] = column * columnStride(i) + row * rowStride(i);
      for (int axis = columnAxis - 1; axis >= 0; axis--) {
        if (axis == rowAxis) continue;
        long index = rest % sizes[axis];
        rest /= sizes[axis];
        for (int i = 0; i < begin.length; i++) begin[i] += index * strides[i][axis];
      }
    }
  }
}

package dev.raiju.kernels.conformance;

import dev.raiju.kernels.conformance.cases.Choices;
import dev.raiju.kernels.conformance.cases.Value;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// How an input lies in memory: axes in some order, as a slice with steps of something larger, stretched along some axes.
///
/// What lies between the elements is filled with ones: NaN for floats, -1 for integers, so that a kernel that reads it shows.
///
/// @param order the axes, outermost in memory first
/// @param before how many entries of the larger thing come before, for each axis
/// @param step the distance of two entries, negative to walk backwards
/// @param after how many come after
/// @param stretched which axes are one entry, repeated
record Laying(int[] order, int[] before, int[] step, int[] after, boolean[] stretched) {
  /// Row-major, from the beginning of its memory.
  static Laying contiguous(int rank) {
    Laying laying = new Laying(new int[rank], new int[rank], new int[rank], new int[rank], new boolean[rank]);
    Arrays.setAll(laying.order, i -> i);
    Arrays.fill(laying.step, 1);
    return laying;
  }

  /// One that is possible for `value`; the first choice is contiguous.
  static Laying draw(Choices c, Value value) {
    int rank = value.spec().rank();
    Laying laying = contiguous(rank);
    int kind = c.pick(8);
    if (rank == 0 || kind < 2) return laying;
    if (value.role() == Value.Role.WRITTEN) {
      laying.before[0] = c.pick(3);
      return laying;
    }
    // groups lie along the last axis: there, only whole ones can be skipped
    int free = value.dtype().isBlock() ? rank - 1 : rank;
    boolean all = kind == 7;
    if (kind == 2 || kind == 3 || all) laying.reorder(c, free, kind == 3);
    if (kind == 4 || all) laying.cut(c, rank, free, value.dtype().unit());
    if (kind == 5 || all) laying.skip(c, free);
    boolean ties = c.isTame() && value.isDistinct();
    if (!ties && (kind == 6 || all && c.coin())) laying.stretch(c, free, value.spec().shape());
    return laying;
  }

  private void reorder(Choices c, int free, boolean channelsLast) {
    if (channelsLast && free > 2) {
      // axis 1 goes to the end
      for (int i = 1; i < free - 1; i++) order[i] = i + 1;
      order[free - 1] = 1;
      return;
    }
    for (int i = 0; i < free; i++) {
      int j = c.between(i, free - 1);
      int axis = order[i];
      order[i] = order[j];
      order[j] = axis;
    }
  }

  private void cut(Choices c, int rank, int free, int unit) {
    for (int i = 0; i < rank; i++) {
      before[i] = c.pick(3) * (i < free ? 1 : unit);
      after[i] = c.pick(2) * (i < free ? 1 : unit);
    }
  }

  private void skip(Choices c, int free) {
    for (int i = 0; i < free; i++) step[i] = c.between(1, 3) * (c.coin() ? -1 : 1);
  }

  private void stretch(Choices c, int free, Shape shape) {
    for (int i = 0; i < free; i++) stretched[i] = shape.size(i) > 0 && c.coin();
  }

  private boolean isContiguous() {
    boolean plain = true;
    for (int i = 0; i < order.length; i++) {
      plain &= order[i] == i && before[i] == 0 && after[i] == 0 && step[i] == 1 && !stretched[i];
    }
    return plain;
  }

  /// What `value` is if it lies like this: along stretched axes, its first entry everywhere.
  Value seenThrough(Value value) {
    boolean any = false;
    for (boolean axis : stretched) any |= axis;
    if (!any) return value;
    byte[] seen = new byte[value.contents().length];
    int bytes = value.dtype().unitBytes();
    Shape units = units(value.spec());
    Walk walk = new Walk(units);
    for (int to = 0; walk.next(); to++) {
      long from = 0;
      for (int i = 0; i < units.rank(); i++) from = from * units.size(i) + (stretched[i] ? 0 : walk.index[i]);
      System.arraycopy(value.contents(), Math.toIntExact(from * bytes), seen, to * bytes, bytes);
    }
    return value.with(value.spec(), seen);
  }

  /// The value on a device, lying like this.
  Tensor on(Value value, Device device) {
    if (isContiguous()) return value.on(device);
    Shape shape = value.spec().shape();
    int rank = shape.rank();
    int unit = value.dtype().unit();
    int bytes = value.dtype().unitBytes();
    // the larger thing, in units, axes in the order of the value
    long[] larger = new long[rank];
    Shape held = units(value.spec());
    for (int i = 0; i < rank; i++) {
      if (stretched[i]) held = held.with(i, 1);
      int edge = (before[i] + after[i]) / (i == rank - 1 ? unit : 1);
      larger[i] = edge + (held.size(i) == 0 ? 0 : (held.size(i) - 1) * Math.abs(step[i]) + 1);
    }
    long[] strides = new long[rank];
    long[] inMemory = new long[rank];
    long stride = 1;
    for (int k = rank - 1; k >= 0; k--) {
      strides[order[k]] = stride;
      inMemory[k] = larger[order[k]];
      stride *= larger[order[k]];
    }
    byte[] memory = new byte[Math.toIntExact(stride * bytes)];
    Arrays.fill(memory, (byte) 0xff);
    Shape whole = units(value.spec());
    Walk walk = new Walk(held);
    while (walk.next()) {
      long from = 0;
      long to = 0;
      for (int i = 0; i < rank; i++) {
        long edge = before[i] / (i == rank - 1 ? unit : 1);
        long along = step[i] > 0 ? walk.index[i] : held.size(i) - 1 - walk.index[i];
        from = from * whole.size(i) + walk.index[i];
        to += (edge + along * Math.abs(step[i])) * strides[i];
      }
      System.arraycopy(value.contents(), Math.toIntExact(from * bytes), memory, Math.toIntExact(to * bytes), bytes);
    }
    return view(value, memory, inMemory, held, device);
  }

  private Tensor view(Value value, byte[] memory, long[] inMemory, Shape held, Device device) {
    int rank = order.length;
    int unit = value.dtype().unit();
    if (unit > 1) inMemory[rank - 1] *= unit;
    Tensor t = Tensor.of(Spec.of(value.dtype(), inMemory), MemorySegment.ofArray(memory), device);
    int[] back = new int[rank];
    for (int k = 0; k < rank; k++) back[order[k]] = k;
    t = t.permute(back);
    for (int i = 0; i < rank; i++) {
      long length = held.size(i) * (i == rank - 1 ? unit : 1);
      long start = length == 0 ? 0 : step[i] > 0 ? before[i] : before[i] + (length - 1) * -step[i];
      t = t.slice(i, start, length, length == 0 ? 1 : step[i]);
    }
    return t.broadcast(value.spec().shape());
  }

  /// The shape counted in units: of a block type, groups along the last axis.
  private static Shape units(Spec spec) {
    int unit = spec.dtype().unit();
    return unit == 1 ? spec.shape() : spec.shape().with(-1, spec.size(-1) / unit);
  }

  /// All indices of a shape in row-major order.
  private static final class Walk {
    private final Shape shape;
    private final long[] index;
    private long left;

    Walk(Shape shape) {
      this.shape = shape;
      this.index = new long[shape.rank()];
      this.left = shape.elements();
      if (index.length > 0) index[index.length - 1] = -1;
    }

    boolean next() {
      if (left-- <= 0) return false;
      for (int i = index.length - 1; i >= 0; i--) {
        if (++index[i] < shape.size(i)) break;
        index[i] = 0;
      }
      return true;
    }
  }

  @Override
  public String toString() {
    if (isContiguous()) return "contiguous";
    return "order " + Arrays.toString(order) + " before " + Arrays.toString(before) + " step " + Arrays.toString(step) + " after "
        + Arrays
            .toString(after) + " stretched " + Arrays.toString(stretched);
  }
}

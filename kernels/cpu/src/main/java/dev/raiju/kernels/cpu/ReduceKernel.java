package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Reduce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Joins elements along some axes, in the order in which they lie in memory.
///
/// Neighbouring axes that are both joined, or both kept, count as one. The innermost joined axis goes first: along rows if
/// nothing lies inside it, else along columns; what is left is a smaller tensor with one joined axis less. Intermediate values
/// are f32, of integers i64.
record ReduceKernel(Processor cpu, Reduce op) implements Kernel {
  /// A run of axes that are all joined or all kept.
  private record Axis(long size, boolean isJoined) {}

  @Override
  public boolean takes(int index, Layout layout) { return layout.isDense(); }

  @Override
  public Layout layout(int index, Spec out, List<Layout> in) {
    int[] order = in.getFirst().memoryOrder();
    if (op.keepAxes()) return Layout.dense(out.shape(), order);
    int[] left = Arrays.stream(order).filter(axis -> !op.axes().contains(axis)).map(this::withoutJoined).toArray();
    return Layout.dense(out.shape(), left);
  }

  private int withoutJoined(int axis) { return axis - (int) op.axes().stream().filter(joined -> joined < axis).count(); }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor from = in.getFirst();
    Tensor to = out.getFirst();
    if (to.shape().elements() == 0) return;
    if (from.shape().elements() == 0) {
      Filling.fill(cpu, to, 0);
      return;
    }
    List<Axis> axes = axes(from.layout());
    Joining joining = from.dtype().isInteger() ? new WholeJoining(cpu, op.kind()) : new FloatJoining(cpu, op.kind());
    join(joining, from.dtype(), from.address(), axes, to.dtype(), to.address());
  }

  private List<Axis> axes(Layout layout) {
    List<Axis> axes = new ArrayList<>();
    for (int axis : layout.memoryOrder()) {
      long size = layout.shape().size(axis);
      boolean isJoined = op.axes().contains(axis);
      if (size == 1) continue;
      if (!axes.isEmpty() && axes.getLast().isJoined() == isJoined) size *= axes.removeLast().size();
      axes.add(new Axis(size, isJoined));
    }
    return axes;
  }

  /// The innermost joined axis, and then the others.
  private void join(Joining joining, DType type, long from, List<Axis> axes, DType result, long to) {
    int at = axes.size() - 1;
    while (at >= 0 && !axes.get(at).isJoined()) at--;
    if (at < 0) {
      joining.store(type, from, product(axes), result, to);
      return;
    }
    long inner = product(axes.subList(at + 1, axes.size()));
    long outer = product(axes.subList(0, at));
    long parts = joining.parts(axes.get(at).size(), inner);
    List<Axis> left = new ArrayList<>(axes.subList(0, at));
    if (parts > 1) left.add(new Axis(parts, true));
    if (inner > 1) left.add(new Axis(inner, false));
    HostBuffer joined = HostMemory.allocate(outer * parts * inner * joining.type().unitBytes());
    try {
      joining.join(type, from, outer, axes.get(at).size(), inner, joined.address());
      join(joining, joining.type(), joined.address(), merged(left), result, to);
    } finally {
      joined.release();
    }
  }

  private static List<Axis> merged(List<Axis> axes) {
    List<Axis> merged = new ArrayList<>();
    for (Axis axis : axes) {
      long size = axis.size();
      if (!merged.isEmpty() && merged.getLast().isJoined() == axis.isJoined()) size *= merged.removeLast().size();
      merged.add(new Axis(size, axis.isJoined()));
    }
    return merged;
  }

  private static long product(List<Axis> axes) { return axes.stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b); }
}

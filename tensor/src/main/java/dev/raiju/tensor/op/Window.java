package dev.raiju.tensor.op;

import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import java.util.Collections;
import java.util.List;

/// How a convolution walks over its input, for 1, 2 or 3 spatial axes.
///
/// @param stride the distance of two outputs, for each axis
/// @param before zeros in front of each axis; all padding of a causal convolution in time is here
/// @param after zeros behind each axis
/// @param dilation the distance of two taps, for each axis
/// @param groups into how many independent parts the channels are split
public record Window(List<Integer> stride, List<Integer> before, List<Integer> after, List<Integer> dilation, int groups) {
  public Window {
    stride = List.copyOf(stride);
    before = List.copyOf(before);
    after = List.copyOf(after);
    dilation = List.copyOf(dilation);
    if (groups < 1) throw new ShapeException("convolution: groups %d: must be 1 or more", groups);
    int axes = stride.size();
    if (axes < 1 || axes > 3 || before.size() != axes || after.size() != axes || dilation.size() != axes) {
      throw new ShapeException(
          "convolution: stride %s, padding %s and %s, dilation %s: must name the same 1 to 3 spatial axes", stride, before, after,
          dilation);
    }
    for (int i = 0; i < stride.size(); i++) {
      if (stride.get(i) < 1 || dilation.get(i) < 1 || before.get(i) < 0 || after.get(i) < 0) {
        throw new ShapeException(
            "convolution: stride %s, padding %s and %s, dilation %s: strides and dilations from 1, padding from 0", stride,
            before, after, dilation);
      }
    }
  }

  /// Stride 1, no padding, no dilation, one group, over `axes` spatial axes.
  public static Window of(int axes) {
    List<Integer> zeros = Collections.nCopies(axes, 0);
    List<Integer> ones = Collections.nCopies(axes, 1);
    return new Window(ones, zeros, zeros, ones, 1);
  }

  public Window stride(Integer... stride) { return new Window(List.of(stride), before, after, dilation, groups); }

  /// The same padding in front and behind.
  public Window padding(Integer... padding) { return new Window(stride, List.of(padding), List.of(padding), dilation, groups); }

  public Window padding(List<Integer> before, List<Integer> after) { return new Window(stride, before, after, dilation, groups); }

  public Window dilation(Integer... dilation) { return new Window(stride, before, after, List.of(dilation), groups); }

  public Window groups(int groups) { return new Window(stride, before, after, dilation, groups); }

  /// How many spatial axes there are.
  public int axes() { return stride.size(); }

  /// The spatial sizes of the output.
  Shape output(Shape input, Shape taps) {
    long[] sizes = new long[axes()];
    for (int i = 0; i < sizes.length; i++) {
      long padded = input.size(i) + before.get(i) + after.get(i);
      // divided, not multiplied: the reach of many taps may overflow
      if (taps.size(i) < 1 || padded < 1 || taps.size(i) - 1 > (padded - 1) / dilation.get(i)) {
        throw new ShapeException(
            "convolution: spatial axis %d: size %d padded by %d and %d is too small for %d taps, dilation %d", i,
            input.size(i), before.get(i), after.get(i), taps.size(i), dilation.get(i));
      }
      sizes[i] = (padded - 1 - dilation.get(i) * (taps.size(i) - 1)) / stride.get(i) + 1;
    }
    return Shape.of(sizes);
  }

  /// Checks that input `[N, C, …]` and weight `[O, C / groups, …]` fit, and gives the output shape `[N, O, …]`.
  Shape infer(String op, Spec x, Spec w) {
    w.requireRank(op, 2 + axes()).requireSameType(op, x.requireRank(op, 2 + axes()).requireFloat(op));
    if (x.size(1) != w.size(1) * groups || w.size(0) % groups != 0) {
      throw new ShapeException("%s: channels do not fit: input %s, weight %s, %d groups; needs input[1] = weight[1] · groups", op,
          x.shape(),
          w.shape(), groups);
    }
    Shape spatial = output(x.shape().slice(2, x.rank()), w.shape().slice(2, w.rank()));
    return Shape.of(x.size(0), w.size(0)).append(spatial.sizes());
  }

  /// Multiply-adds of the convolution, counted as two each.
  static long flops(Shape output, Shape weight) { return 2 * output.elements() * weight.remove(0).elements(); }
}

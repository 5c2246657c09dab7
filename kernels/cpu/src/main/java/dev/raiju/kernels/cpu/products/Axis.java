package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.op.Window;
import java.util.Arrays;
import java.util.stream.IntStream;

/// One spatial axis of a sweep: output `first + step · p` is made of the inputs `p · stride + shift`, one for each tap.
///
/// @param size of the input
/// @param taps the numbers of the taps that take part
/// @param shifts where they read, in the same order
/// @param lowest of the shifts
/// @param highest of the shifts
/// @param count of the outputs
record Axis(int size, int stride, int[] taps, int[] shifts, int lowest, int highest, int first, int step, int count) {
  private static final Axis MISSING = of(1, 1, new int[] {0}, new int[] {0}, 0, 1, 1);

  private static Axis of(int size, int stride, int[] taps, int[] shifts, int first, int step, int count) {
    int lowest = Arrays.stream(shifts).min().orElse(0);
    return new Axis(size, stride, taps, shifts, lowest, Arrays.stream(shifts).max().orElse(0), first, step, count);
  }

  /// A convolution along spatial axis `i` of the window; axes before the first are missing ones.
  static Axis forward(Window window, int i, long size, long taps, long count) {
    if (i < 0) return MISSING;
    int[] all = IntStream.range(0, Math.toIntExact(taps)).toArray();
    int[] shifts = Arrays.stream(all).map(t -> t * window.dilation().get(i) - window.before().get(i)).toArray();
    return of(Math.toIntExact(size), window.stride().get(i), all, shifts, 0, 1, Math.toIntExact(count));
  }

  /// The outputs `phase`, `phase + stride`, … of the transposed convolution: input and output of the window change places.
  static Axis backward(Window window, int i, long size, long taps, long count, int phase) {
    if (i < 0) return MISSING;
    int stride = window.stride().get(i);
    int[] part = IntStream.range(0, Math.toIntExact(taps)).filter(t -> reach(window, i, phase, t) % stride == 0).toArray();
    int[] shifts = Arrays.stream(part).map(t -> reach(window, i, phase, t) / stride).toArray();
    int outputs = Math.toIntExact(count) > phase ? (Math.toIntExact(count) - phase + stride - 1) / stride : 0;
    return of(Math.toIntExact(size), 1, part, shifts, phase, stride, outputs);
  }

  private static int reach(Window window, int i, int phase, int tap) {
    return phase + window.before().get(i) - tap * window.dilation().get(i);
  }

  /// The number of taps if each reads just behind the one before, else 1.
  int neighbours() {
    for (int i = 1; i < shifts.length; i++) {
      if (shifts[i] != shifts[i - 1] + 1) return 1;
    }
    return shifts.length;
  }

  /// How many inputs lie under `outputs` neighbouring outputs.
  int under(int outputs) { return (outputs - 1) * stride + highest - lowest + 1; }

  /// The first of them, for outputs from `p` on.
  int begin(int p) { return p * stride + lowest; }
}

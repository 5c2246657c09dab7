package dev.raiju.kernels.cpu.vector;

import static dev.raiju.kernels.cpu.vector.Lanes.ALL;
import static dev.raiju.kernels.cpu.vector.Lanes.BYTES;
import static dev.raiju.kernels.cpu.vector.Lanes.F32;
import static dev.raiju.kernels.cpu.vector.Lanes.ORDER;

import dev.raiju.kernels.cpu.loops.AdamWStep;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/// The rows of norms, softmax, rotary embedding and optimisers, a loop each over whole vectors.
final class VectorRows {
  private VectorRows() {}

  static void normalize(long x, float mean, float inverse, long w, long y, int n) {
    FloatVector centre = FloatVector.broadcast(F32, mean);
    FloatVector factor = FloatVector.broadcast(F32, inverse);
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector weight = FloatVector.fromMemorySegment(F32, ALL, w + i, ORDER);
      v.sub(centre).mul(factor).mul(weight).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void normalize(long x, float mean, float inverse, long w, long b, long y, int n) {
    FloatVector centre = FloatVector.broadcast(F32, mean);
    FloatVector factor = FloatVector.broadcast(F32, inverse);
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector weight = FloatVector.fromMemorySegment(F32, ALL, w + i, ORDER);
      FloatVector bias = FloatVector.fromMemorySegment(F32, ALL, b + i, ORDER);
      v.sub(centre).mul(factor).fma(weight, bias).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void normalizeBackward(long x, float mean, float inverse, long g, float meanG, float meanGm, long y, int n) {
    FloatVector centre = FloatVector.broadcast(F32, mean);
    FloatVector factor = FloatVector.broadcast(F32, inverse);
    FloatVector centreG = FloatVector.broadcast(F32, meanG);
    FloatVector slope = FloatVector.broadcast(F32, meanGm);
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(F32, ALL, g + i, ORDER);
      v.sub(centre).mul(factor).neg().fma(slope, w.sub(centreG)).mul(factor).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void exp(long x, float shift, long y, int n) {
    FloatVector zero = FloatVector.broadcast(F32, shift);
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector v = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      VectorMath.exp(v.sub(zero)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  /// A pair is one long: turning it by 32 bits swaps its halves.
  static void rotate(long x, long cos, long sin, long y, int n) {
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector pairs = FloatVector.fromMemorySegment(F32, ALL, x + i, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(F32, ALL, cos + i, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(F32, ALL, sin + i, ORDER);
      LongVector swapped = pairs.reinterpretAsInts().reinterpretAsLongs().lanewise(VectorOperators.ROL, 32);
      pairs.fma(c, swapped.reinterpretAsInts().reinterpretAsFloats().mul(s)).intoMemorySegment(ALL, y + i, ORDER);
    }
  }

  static void adamw(AdamWStep step, long p, long m, long v, long g, int n) {
    FloatVector factor = FloatVector.broadcast(F32, step.factor());
    FloatVector beta1 = FloatVector.broadcast(F32, step.beta1());
    FloatVector rest1 = FloatVector.broadcast(F32, step.rest1());
    FloatVector beta2 = FloatVector.broadcast(F32, step.beta2());
    FloatVector rest2 = FloatVector.broadcast(F32, step.rest2());
    FloatVector rate = FloatVector.broadcast(F32, step.rate());
    FloatVector root = FloatVector.broadcast(F32, step.root());
    FloatVector eps = FloatVector.broadcast(F32, step.eps());
    FloatVector decay = FloatVector.broadcast(F32, step.decay());
    for (long i = 0; i < 4L * n; i += BYTES) {
      FloatVector gradient = FloatVector.fromMemorySegment(F32, ALL, g + i, ORDER).mul(factor);
      FloatVector first = FloatVector.fromMemorySegment(F32, ALL, m + i, ORDER).fma(beta1, gradient.mul(rest1));
      FloatVector second = FloatVector.fromMemorySegment(F32, ALL, v + i, ORDER).fma(beta2, gradient.mul(gradient).mul(rest2));
      FloatVector direction = first.mul(rate).div(second.sqrt().fma(root, eps));
      FloatVector value = FloatVector.fromMemorySegment(F32, ALL, p + i, ORDER);
      first.intoMemorySegment(ALL, m + i, ORDER);
      second.intoMemorySegment(ALL, v + i, ORDER);
      value.sub(value.fma(decay, direction)).intoMemorySegment(ALL, p + i, ORDER);
    }
  }
}

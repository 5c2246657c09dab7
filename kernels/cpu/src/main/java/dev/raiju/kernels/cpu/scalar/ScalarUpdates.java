package dev.raiju.kernels.cpu.scalar;

import static dev.raiju.kernels.cpu.loops.Cells.getFloat;
import static dev.raiju.kernels.cpu.loops.Cells.setFloat;

import dev.raiju.kernels.cpu.loops.AdamWStep;

/// Optimiser steps, one parameter at a time.
public final class ScalarUpdates {
  private ScalarUpdates() {}

  public static void adamw(AdamWStep step, long p, long m, long v, long g, int n) {
    for (int i = 0; i < n; i++) {
      long at = 4L * i;
      float gradient = getFloat(g + at) * step.factor();
      float first = Math.fma(getFloat(m + at), step.beta1(), gradient * step.rest1());
      float second = Math.fma(getFloat(v + at), step.beta2(), gradient * gradient * step.rest2());
      float direction = first * step.rate() / Math.fma((float) Math.sqrt(second), step.root(), step.eps());
      float value = getFloat(p + at);
      setFloat(m + at, first);
      setFloat(v + at, second);
      setFloat(p + at, value - Math.fma(value, step.decay(), direction));
    }
  }
}

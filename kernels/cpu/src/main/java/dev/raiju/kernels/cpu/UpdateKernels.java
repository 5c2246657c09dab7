package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.AdamWStep;
import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Optimiser steps, in place, f32.
final class UpdateKernels {
  private UpdateKernels() {}

  record AdamW(Processor cpu, dev.raiju.tensor.op.AdamW op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      long p = in.get(0).address();
      long m = in.get(1).address();
      long v = in.get(2).address();
      long g = in.get(3).address();
      AdamWStep step = step(in.get(4).address());
      cpu.split(in.get(0).shape().elements(), 1, (begin, end) -> cpu.loops().adamw(step, p + 4 * begin, m + 4 * begin, v + 4
          * begin, g + 4 * begin, (int) (end - begin)));
    }

    private AdamWStep step(long schedule) {
      double rate = Cells.getFloat(schedule);
      double c1 = Cells.getFloat(schedule + 4);
      double c2 = Cells.getFloat(schedule + 8);
      return new AdamWStep((float) op.beta1(), (float) (1 - op.beta1()), (float) op.beta2(), (float) (1 - op.beta2()), (float) op
          .eps(), (float) (rate * op.weightDecay()), (float) (rate / c1), (float) (1 / c2), Cells.getFloat(schedule + 12));
    }
  }

  /// `average ← decay · average + (1 - decay) · value`.
  record MovingAverage(Processor cpu, double decay) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      long average = in.get(0).address();
      long value = in.get(1).address();
      float kept = (float) decay;
      float rest = (float) (1 - decay);
      cpu.split(in.get(0).shape().elements(), 1, (begin, end) -> cpu.loops().mix(kept, average + 4 * begin, rest, value + 4
          * begin,
          average + 4 * begin, (int) (end - begin)));
    }
  }
}

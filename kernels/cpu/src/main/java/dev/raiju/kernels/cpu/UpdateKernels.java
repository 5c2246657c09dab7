package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.AdamWStep;
import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Optimiser steps, in place, f32.
final class UpdateKernels {
  private UpdateKernels() {}

  /// A part of a tensor for one thread: the addresses of its operands, and how many elements.
  private record Part(long[] at, int count) {}

  /// The parts of all tensors, each of which has `width` operands in a row: shared out at once, as if they were one tensor.
  private static void forParts(Processor cpu, List<Tensor> in, int tensors, int width, Consumer<Part> work) {
    List<Part> parts = new ArrayList<>();
    for (int first = 0; first < tensors * width; first += width) {
      List<Tensor> operands = in.subList(first, first + width);
      long elements = operands.getFirst().shape().elements();
      for (long begin = 0; begin < elements; begin += Processor.GRAIN) {
        long bytes = Float.BYTES * begin;
        parts.add(new Part(operands.stream().mapToLong(t -> t.address() + bytes).toArray(), (int) Math.min(Processor.GRAIN,
            elements - begin)));
      }
    }
    if (parts.size() == 1) work.accept(parts.getFirst());
    else if (!parts.isEmpty()) cpu.pool().run(parts.size(), i -> work.accept(parts.get(i)));
  }

  record AdamW(Processor cpu, dev.raiju.tensor.op.AdamW op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      long schedule = in.getLast().address();
      AdamWStep step = step(schedule);
      float kept = op.averaged() ? Cells.getFloat(schedule + 16) : 0;
      float rest = op.averaged() ? Cells.getFloat(schedule + 20) : 0;
      forParts(cpu, in, op.parameters(), op.width(), part -> {
        long[] at = part.at;
        cpu.loops().adamw(step, at[0], at[1], at[2], at[3], part.count);
        // while the parameters are still in the cache
        if (op.averaged()) cpu.loops().mix(kept, at[4], rest, at[0], at[4], part.count);
      });
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
  record MovingAverage(Processor cpu, dev.raiju.tensor.op.MovingAverage op) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      float kept = (float) op.decay();
      float rest = (float) (1 - op.decay());
      forParts(cpu, in, op.tensors(), 2, part -> cpu.loops().mix(kept, part.at[0], rest, part.at[1], part.at[0], part.count));
    }
  }
}

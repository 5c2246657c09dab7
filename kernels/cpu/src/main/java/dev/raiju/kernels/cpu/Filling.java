package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.RandomDraw.Distribution;
import java.util.List;

/// Tensors made out of numbers: one value everywhere, counting, random draws.
final class Filling {
  // Philox gives four words at a time
  private static final int BLOCK = 1024;
  /// Elements that are written one by one and then copied.
  private static final long PATTERN = 1024;

  private Filling() {}

  record Fill(Processor cpu, double value) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) { fill(cpu, out.getFirst(), value); }
  }

  /// Writes one value into the whole of a tensor without gaps.
  static void fill(Processor cpu, Tensor to, double value) {
    int size = to.dtype().unitBytes();
    long bytes = to.spec().bytes();
    long first = to.address();
    if (bytes == 0) return;
    Elements.setDouble(to.dtype(), HostMemory.ALL.asSlice(first, size), 0, value);
    cpu.split(bytes / size, 1, (begin, end) -> {
      // the first element is read by all parts and written by none
      long start = first + Math.max(1, begin) * size;
      long n = end - Math.max(1, begin);
      long pattern = Math.min(n, PATTERN);
      TileCopy.copy(size, first, 0, 0, start, 0, size, 1, (int) pattern);
      for (long i = pattern; i < n; i += PATTERN) Cells.copy(start, start + i * size, Math.min(PATTERN, n - i) * size);
    });
  }

  record Iota(Processor cpu) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor to = out.getFirst();
      DType type = to.dtype();
      var memory = HostMemory.ALL.asSlice(to.address(), to.spec().bytes());
      cpu.split(to.shape().elements(), 1, (begin, end) -> {
        for (long i = begin; i < end; i++) Elements.setLong(type, memory, i, i);
      });
    }
  }

  record Random(Processor cpu, Distribution distribution) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      long key = in.getFirst().address();
      long seed = Cells.getLong(key);
      long stream = Cells.getLong(key + 8);
      long position = Cells.getLong(key + 16);
      Tensor to = out.getFirst();
      cpu.split(to.shape().elements(), 4, (begin, end) -> {
        for (long at = begin; at < end; at += BLOCK) draw(seed, stream, position, to, at, (int) Math.min(BLOCK, end - at));
      });
    }

    /// Draws `n` elements from element `at` on.
    private void draw(long seed, long stream, long position, Tensor to, long at, int n) {
      DType type = to.dtype();
      // whole counters around the elements
      int before = (int) (position + at & 3);
      int counters = (before + n + 3) / 4;
      long words = Scratch.address(16L * (BLOCK + 8));
      long spare = words + 4L * (BLOCK + 8);
      long values = spare + 4L * (BLOCK + 8);
      cpu.loops().philox(seed, stream, position + at >>> 2, spare, words, counters);
      long bits = words + 4L * before;
      long target = to.address() + at * type.unitBytes();
      if (distribution == Distribution.BITS) {
        Cells.copy(bits, target, 4L * n);
        return;
      }
      long direct = type == DType.F32 ? target : values;
      if (distribution == Distribution.NORMAL) cpu.loops().normal(bits, spare, direct, n);
      else
        cpu.loops().uniform(bits, direct, n);
      if (type != DType.F32) cpu.loops().narrow(type, direct, target, n);
    }
  }
}

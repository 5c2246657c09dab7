package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.op.Reduce;
import java.lang.foreign.MemorySegment;

/// Sums and extremes of integers, in i64: exact, or wrapped around, in any order.
record WholeJoining(Processor cpu, Reduce.Kind kind) implements Joining {
  private static final long PART = 1 << 13;

  @Override
  public DType type() { return DType.I64; }

  @Override
  public long parts(long size, long inner) { return (size + PART - 1) / PART; }

  @Override
  public void join(DType type, long from, long outer, long size, long inner, long to) {
    long parts = parts(size, inner);
    MemorySegment source = HostMemory.ALL.asSlice(from, outer * size * inner * type.unitBytes());
    cpu.split(outer * parts * inner, Math.min(size, PART), (begin, end) -> {
      for (long i = begin; i < end; i++) {
        long part = i / inner % parts;
        long first = i / inner / parts * size * inner + i % inner;
        long last = Math.min(size, (part + 1) * PART);
        long joined = Elements.getLong(type, source, first + part * PART * inner);
        for (long k = part * PART + 1; k < last; k++) {
          long value = Elements.getLong(type, source, first + k * inner);
          joined = switch (kind) {
            case SUM -> joined + value;
            case MAX -> Math.max(joined, value);
            case MIN -> Math.min(joined, value);
          };
        }
        Cells.setLong(to + 8 * i, joined);
      }
    });
  }

  @Override
  public void store(DType type, long from, long n, DType result, long to) {
    MemorySegment source = HostMemory.ALL.asSlice(from, n * type.unitBytes());
    MemorySegment target = HostMemory.ALL.asSlice(to, n * result.unitBytes());
    for (long i = 0; i < n; i++) Elements.setLong(result, target, i, Elements.getLong(type, source, i));
  }
}

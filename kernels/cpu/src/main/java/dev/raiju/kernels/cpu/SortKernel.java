package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Sorts line by line: numbers become keys of the same order, and a merge sort moves keys and places together, so that equal
/// elements keep their order.
record SortKernel(Processor cpu, int axis, boolean descending) implements Kernel {
  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor from = in.getFirst();
    Lines lines = Lines.of(from.shape(), axis);
    int n = Math.toIntExact(lines.size());
    cpu.split(lines.count(), 16L * n, (begin, end) -> {
      Line line = new Line(n);
      for (long number = begin; number < end; number++) {
        line.read(from, lines, number);
        line.sort();
        line.write(from, out.get(0), out.get(1), lines, number);
      }
    });
  }

  private final class Line {
    private final int n;
    private long[] keys;
    private int[] places;
    private long[] otherKeys;
    private int[] otherPlaces;

    Line(int n) {
      this.n = n;
      this.keys = new long[n];
      this.places = new int[n];
      this.otherKeys = new long[n];
      this.otherPlaces = new int[n];
    }

    void read(Tensor from, Lines lines, long number) {
      DType type = from.dtype();
      MemorySegment memory = HostMemory.ALL.asSlice(from.address(), from.spec().bytes());
      long begin = lines.begin(number);
      for (int i = 0; i < n; i++) {
        long at = begin + i * lines.inner();
        long key = type.isInteger() ? Elements.getLong(type, memory, at) : key(Elements.getDouble(type, memory, at));
        keys[i] = descending ? ~key : key;
        places[i] = i;
      }
    }

    /// A whole number with the order of doubles: all NaN last and equal, -0 and 0 equal.
    private static long key(double value) {
      long bits = Double.doubleToLongBits(value + 0.0);
      return bits ^ bits >> 63 & Long.MAX_VALUE;
    }

    void sort() {
      for (long run = 1; run < n; run *= 2) {
        for (long begin = 0; begin < n; begin += 2 * run) {
          merge((int) begin, (int) Math.min(run, n - begin), (int) Math.min(2 * run, n - begin));
        }
        long[] keysBefore = keys;
        int[] placesBefore = places;
        keys = otherKeys;
        places = otherPlaces;
        otherKeys = keysBefore;
        otherPlaces = placesBefore;
      }
    }

    /// Merges two runs that lie side by side, `first` and `both - first` long; of equals, the first run's go first.
    private void merge(int begin, int first, int both) {
      int a = begin;
      int b = begin + first;
      for (int to = begin; to < begin + both; to++) {
        boolean takesFirst = a < begin + first && (b >= begin + both || keys[a] <= keys[b]);
        int from = takesFirst ? a++ : b++;
        otherKeys[to] = keys[from];
        otherPlaces[to] = places[from];
      }
    }

    void write(Tensor from, Tensor values, Tensor indices, Lines lines, long number) {
      int bytes = from.dtype().unitBytes();
      long begin = lines.begin(number);
      for (int i = 0; i < n; i++) {
        long at = begin + i * lines.inner();
        Cells.copy(from.address() + (begin + places[i] * lines.inner()) * bytes, values.address() + at * bytes, bytes);
        Cells.setLong(indices.address() + 8 * at, places[i]);
      }
    }
  }
}

package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// From any plain type to any other. Those of computing go by blocks, the rest one element after the other.
record CastKernel(Processor cpu) implements Kernel {
  private static final int TILE = 2048;

  @Override
  public boolean takes(int index, Layout layout) { return true; }

  @Override
  public Layout layout(int index, Spec out, List<Layout> in) { return MemoryOrder.of(out.shape(), in); }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor from = in.getFirst();
    Tensor to = out.getFirst();
    if (to.shape().elements() == 0) return;
    int fromBytes = from.dtype().unitBytes();
    int toBytes = to.dtype().unitBytes();
    Tiles tiles = Tiles.of(TILE, to.layout(), from.layout());
    cpu.split(tiles.count(), tiles.elements(), (begin, end) -> {
      Tiles.Tile tile = tiles.tile();
      long spare = Scratch.address(20L * TILE);
      long gathered = spare + 4L * TILE;
      long result = gathered + 8L * TILE;
      for (long number = begin; number < end; number++) {
        tile.go(number);
        int n = tile.elements();
        long source = from.address() + tile.begin(1) * fromBytes;
        long target = to.address() + tile.begin(0) * toBytes;
        boolean isGathered = !tile.isContiguous(1);
        boolean isScattered = !tile.isContiguous(0);
        if (isGathered) {
          TileCopy.copy(fromBytes, source, tile.rowStride(1) * fromBytes, tile.columnStride(1) * fromBytes, gathered,
              (long) fromBytes * tile.columns(), fromBytes, tile.rows(), tile.columns());
        }
        convert(cpu.loops(), from.dtype(), isGathered ? gathered : source, to.dtype(), isScattered ? result : target, spare, n);
        if (isScattered) {
          TileCopy.copy(toBytes, result, (long) toBytes * tile.columns(), toBytes, target, tile.rowStride(0) * toBytes, tile
              .columnStride(0) * toBytes, tile.rows(), tile.columns());
        }
      }
    });
  }

  /// Converts `n` elements that lie one after the other.
  ///
  /// @param spare room for as many f32
  private static void convert(Loops loops, DType from, long x, DType to, long y, long spare, int n) {
    if (from == DType.F32 && isNarrow(to)) {
      loops.narrow(to, x, y, n);
    } else if (to == DType.F32 && (isNarrow(from) || isByte(from))) {
      loops.widen(from, x, y, n);
    } else if ((isNarrow(from) || isByte(from)) && isNarrow(to)) {
      // f32 holds all values of these types
      loops.widen(from, x, spare, n);
      loops.narrow(to, spare, y, n);
    } else if (from == DType.F32 && to == DType.I32) {
      for (int i = 0; i < n; i++) Cells.setInt(y + 4L * i, (int) Cells.getFloat(x + 4L * i));
    } else if (from == DType.F32 && to == DType.I64) {
      for (int i = 0; i < n; i++) Cells.setLong(y + 8L * i, (long) Cells.getFloat(x + 4L * i));
    } else if (from == DType.I32 && to == DType.F32) {
      for (int i = 0; i < n; i++) Cells.setFloat(y + 4L * i, Cells.getInt(x + 4L * i));
    } else if (from == DType.F64 && to == DType.F32) {
      for (int i = 0; i < n; i++) Cells.setFloat(y + 4L * i, (float) Cells.getDouble(x + 8L * i));
    } else {
      one(from, x, to, y, n);
    }
  }

  private static boolean isNarrow(DType type) { return type == DType.F16 || type == DType.BF16 || type == DType.BOOL; }

  private static boolean isByte(DType type) { return type == DType.I8 || type == DType.U8; }

  private static void one(DType from, long x, DType to, long y, int n) {
    MemorySegment source = HostMemory.ALL.asSlice(x, (long) n * from.unitBytes());
    MemorySegment target = HostMemory.ALL.asSlice(y, (long) n * to.unitBytes());
    for (int i = 0; i < n; i++) Elements.convert(from, source, i, to, target, i);
  }
}

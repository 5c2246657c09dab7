package dev.raiju.kernels.cpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;

/// Runs a compiled formula over tiles of all inputs and the output.
///
/// Where the elements of a tile lie one after the other, the loops read and write the tensors themselves; elsewhere a tile is
/// gathered first. The output lies in memory as the inputs do.
record ElementwiseKernel(Processor cpu, Program program) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) { return true; }

  @Override
  public Layout layout(int index, Spec out, List<Layout> in) { return MemoryOrder.ofWhole(out.shape(), in); }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor result = out.getFirst();
    if (result.shape().elements() == 0) return;
    Layout[] layouts = new Layout[1 + in.size()];
    layouts[0] = result.layout();
    for (int i = 0; i < in.size(); i++) layouts[1 + i] = in.get(i).layout().broadcast(result.shape());
    Tiles tiles = Tiles.of(program.tile(), layouts);
    cpu.split(tiles.count(), tiles.elements(), (begin, end) -> new Pass(in, result, tiles).run(begin, end));
  }

  /// The work of one thread on some tiles.
  private final class Pass {
    private final Tiles tiles;
    private final Tiles.Tile tile;
    private final int inputs = program.inputs();
    private final long[] addresses = new long[1 + inputs];
    private final DType[] types = new DType[1 + inputs];
    private final long[] slots = new long[program.slots()];
    /// Room for a gathered tile of each tensor.
    private final long[] staging = new long[1 + inputs];

    Pass(List<Tensor> in, Tensor out, Tiles tiles) {
      this.tiles = tiles;
      this.tile = tiles.tile();
      for (int i = 0; i <= inputs; i++) {
        Tensor t = i == 0 ? out : in.get(i - 1);
        addresses[i] = t.address();
        types[i] = t.dtype();
      }
    }

    void run(long begin, long end) {
      int elements = tiles.elements();
      long spare = 0;
      for (int i = 0; i <= inputs; i++) {
        staging[i] = spare;
        spare += Scratch.padded((long) types[i].unitBytes() * elements);
      }
      long base = Scratch.address(spare + program.spare(elements));
      for (int i = 0; i <= inputs; i++) staging[i] += base;
      program.prepare(cpu.loops(), slots, base + spare, elements);
      for (long number = begin; number < end; number++) {
        tile.go(number);
        for (int i = 1; i <= inputs; i++) slots[i - 1] = read(i, number == begin);
        boolean isDirect = tile.isContiguous(0);
        slots[program.output()] = isDirect ? place(0) : staging[0];
        program.run(cpu.loops(), slots, tile.elements());
        if (!isDirect) write();
      }
    }

    private long place(int i) { return addresses[i] + tile.begin(i) * types[i].unitBytes(); }

    /// Where the elements of a tile of tensor `i` lie one after the other.
    private long read(int i, boolean isFirst) {
      if (tile.isContiguous(i)) return place(i);
      if (!isFirst && tile.isConstant(i)) return staging[i];
      int size = types[i].unitBytes();
      long rowStride = tile.rowStride(i) * size;
      long columnStride = tile.columnStride(i) * size;
      // a part may begin with a tile smaller than the next: a constant fills a whole one
      int rows = tile.isConstant(i) ? 1 : tile.rows();
      int columns = tile.isConstant(i) ? tiles.elements() : tile.columns();
      TileCopy.copy(size, place(i), rowStride, columnStride, staging[i], (long) size * columns, size, rows, columns);
      return staging[i];
    }

    private void write() {
      int size = types[0].unitBytes();
      TileCopy.copy(size, staging[0], (long) size * tile.columns(), size, place(0), tile.rowStride(0) * size, tile.columnStride(0)
          * size, tile.rows(), tile.columns());
    }
  }
}

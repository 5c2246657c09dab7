package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;

/// Carries out sweeps: convolutions, and the gradients of their inputs.
///
/// The sum of an element runs over the taps, the first axis slowest, then over the channels: the depth of a product whose left
/// factor is never built, since its rows are pixels of the copied chunk and its columns steps from tap to tap.
record Convolutions(Products products) {
  /// @param out channels last
  /// @param groupStride elements of the weight from a group to the next
  /// @param bias the address of a row of f32, or 0
  void run(Sweep sweep, TapWeights weights, long groupStride, Grid out, long bias) {
    MicroKernels micro = products.micro();
    int panels = weights.groups() * weights.panels(micro);
    try (Scratch scratch = new Scratch()) {
      Shared shared = Shared.of(micro, weights, scratch);
      long packed = shared.packed();
      products.workers().run(panels, panel -> {
        try (Scratch own = new Scratch()) {
          weights.pack(micro, new Packing(micro, own), panel, groupStride, packed + 4 * panel * weights.panelFloats(micro));
        }
      });
      writeOffsets(sweep, weights, shared.offsets());
      products.workers().run(sweep.chunks(), chunk -> {
        try (Scratch own = new Scratch()) {
          Sweep.Part part = sweep.part(chunk);
          Room room = Room.of(micro, sweep, weights, out.type(), part, own);
          new Chunk(micro, sweep, weights, packed, shared.offsets(), out, bias, room).run(part);
        }
      });
    }
  }

  /// What [#run] takes.
  Needs needs(Sweep sweep, TapWeights weights, DType type) {
    MicroKernels micro = products.micro();
    Needs shared = Needs.of(pieces -> Shared.of(micro, weights, pieces));
    Needs packing = products.atOnce(weights.groups() * weights.panels(micro), Needs.of(pieces -> new Packing(micro, pieces)));
    // the first part is the largest
    Needs chunk = Needs.of(pieces -> Room.of(micro, sweep, weights, type, sweep.part(0), pieces));
    return shared.with(packing.or(products.atOnce(sweep.chunks(), chunk)));
  }

  /// What all chunks read: the packed weights, and the steps from tap to tap.
  private record Shared(long packed, long offsets) {
    static Shared of(MicroKernels micro, TapWeights weights, Pieces pieces) {
      long panels = (long) weights.groups() * weights.panels(micro);
      return new Shared(pieces.take(panels * weights.panelFloats(micro)), pieces.take(weights.depth()));
    }
  }

  /// What a chunk works in.
  ///
  /// @param inputs for the copy of what lies under the chunk
  /// @param result for results that are narrowed at the end
  private record Room(long inputs, Packing packing, Strip strip, long result) {
    static Room of(MicroKernels micro, Sweep sweep, TapWeights weights, DType type, Sweep.Part part, Pieces pieces) {
      long inputs = pieces.take(sweep.floats(micro));
      Packing packing = new Packing(micro, pieces);
      long rows = micro.wholeTiles(part.pixels());
      Strip strip = new Strip(micro, pieces.take(rows * micro.panelColumns()));
      return new Room(inputs, packing, strip, type == DType.F32 ? 0 : pieces.take(part.lines() * rows * wide(micro, weights)));
    }
  }

  /// The output channels of a group, rounded up to whole panels.
  private static long wide(MicroKernels micro, TapWeights weights) {
    return (long) weights.panels(micro) * micro.panelColumns();
  }

  /// Where the elements of a row are: those of group 0, from the first pixel of the copy.
  private static void writeOffsets(Sweep sweep, TapWeights weights, long offsets) {
    long next = offsets;
    for (int a = 0; a < sweep.outer().taps().length; a++) {
      for (int b = 0; b < sweep.line().taps().length; b++) {
        for (int c = 0; c < sweep.pixel().taps().length; c++) {
          for (int i = 0; i < weights.inputs(); i++, next += 4) Cells.setInt(next, sweep.tapBytes(a, b, c) + 4 * i);
        }
      }
    }
  }

  /// The work on one chunk.
  private record Chunk(MicroKernels micro, Sweep sweep, TapWeights weights, long packed, long offsets, Grid out, long bias,
      Room room) {
    void run(Sweep.Part part) {
      sweep.copy(room.packing(), part, room.inputs());
      boolean direct = out.type() == DType.F32;
      long rows = micro.wholeTiles(part.pixels());
      for (int group = 0; group < weights.groups(); group++) {
        long left = room.inputs() + 4L * group * weights.inputs();
        long to = direct ? at(part, 0, group) : room.result();
        long pixelBytes = direct ? 4 * sweep.pixel().step() * out.pixels() : 4 * wide(micro, weights);
        long lineBytes = direct ? 4 * sweep.line().step() * out.lines() : rows * pixelBytes;
        multiply(part, group, left, to, pixelBytes, lineBytes);
        if (!direct) store(part, group, to, pixelBytes, lineBytes);
      }
    }

    /// The place of the first pixel of a line, first channel of a group.
    private long at(Sweep.Part part, int line, int group) {
      long outer = sweep.outer().first() + (long) sweep.outer().step() * part.outer();
      long row = sweep.line().first() + (long) sweep.line().step() * (part.line() + line);
      long pixel = sweep.pixel().first() + (long) sweep.pixel().step() * part.pixel();
      return out.line(part.image(), outer, row, pixel, (long) group * weights.outputs()).address();
    }

    private void multiply(Sweep.Part part, int group, long left, long to, long pixelBytes, long lineBytes) {
      int panels = weights.panels(micro);
      int depth = weights.depth();
      int blocks = Math.max(1, (depth + Packing.DEPTH - 1) / Packing.DEPTH);
      int block = (depth + blocks - 1) / blocks;
      long tileBytes = sweep.pixelBytes() * micro.tileRows();
      for (int from = 0; from == 0 || from < depth; from += Math.max(1, block)) {
        for (int panel = 0; panel < panels; panel++) {
          int column = panel * micro.panelColumns();
          int columns = Math.min(micro.panelColumns(), weights.outputs() - column);
          long widthBytes = 4L * micro.width(columns);
          long right = packed + 4 * (group * panels + panel) * weights.panelFloats(micro) + from * widthBytes;
          for (int line = 0; line < part.lines(); line++) {
            long c = to + line * lineBytes + 4L * column;
            room.strip().multiply(left + line * sweep.lineBytes(), sweep.pixelBytes(), tileBytes, offsets + 4L * from, right,
                widthBytes,
                c,
                pixelBytes, part.pixels(), columns, Math.min(block, depth - from), from > 0);
            if (bias != 0 && from + block >= depth) {
              micro.addBias(bias + 4L * (group * weights.outputs() + column), c, pixelBytes, part.pixels(), columns);
            }
          }
        }
      }
    }

    private void store(Sweep.Part part, int group, long from, long pixelBytes, long lineBytes) {
      for (int line = 0; line < part.lines(); line++) {
        long to = at(part, line, group);
        long step = out.type().unitBytes() * sweep.pixel().step() * out.pixels();
        for (int x = 0; x < part.pixels(); x++) {
          micro.narrow(out.type(), from + line * lineBytes + x * pixelBytes, to + x * step, weights.outputs());
        }
      }
    }
  }
}

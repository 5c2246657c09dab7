package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.emit.TileEmitter.Word;
import dev.raiju.kernels.cpu.products.TileProduct;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The functions of [TileEmitter] in memory, one for each number of rows and vectors.
///
/// Garbage collection waits for a thread inside, so long work is cut into calls of some ten microseconds.
final class TileCode implements TileProduct {
  // rows times depth of one call: some 20 microseconds of multiply-adds
  private static final int MOST_WORK = 1 << 16;
  // a longer sum goes on in the result, which changes no bits
  private static final int MOST_DEPTH = 1 << 12;

  private final MemorySegment[] functions;

  private TileCode(MemorySegment[] functions) { this.functions = functions; }

  /// Emits the functions for one kind of word.
  static TileCode load(CodeMemory.Pages pages, Word word) {
    Assembler a = new Assembler();
    List<Integer> places = new ArrayList<>();
    for (int vectors = 1; vectors <= TileEmitter.VECTORS; vectors++) {
      for (int rows = 1; rows <= TileEmitter.ROWS; rows++) {
        a.align(64);
        places.add(a.size());
        TileEmitter.emit(a, word, rows, vectors);
      }
    }
    MemorySegment code = CodeMemory.load(pages, a.code());
    return new TileCode(places.stream().map(code::asSlice).toArray(MemorySegment[]::new));
  }

  /// Reads and writes only what is named of `c`.
  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    for (int k = 0; k == 0 || k < depth; k += MOST_DEPTH) {
      int part = Math.min(MOST_DEPTH, depth - k);
      tiles(a, rowBytes, tileBytes, offsets + 4L * k, b + k * bBytes, bBytes, c, cBytes, rows, columns, part, add || k > 0);
    }
  }

  private void tiles(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    int group = columns > TileEmitter.LANES ? TileEmitter.ROWS : 0;
    long mask = (1L << columns) - 1;
    long more = add ? 1 : 0;
    int whole = rows / TileEmitter.ROWS;
    int most = Math.max(1, MOST_WORK / (TileEmitter.ROWS * Math.max(1, depth)));
    for (int tile = 0; tile < whole; tile += most) {
      EmittedCall.run(functions[group + TileEmitter.ROWS - 1], a + tile * tileBytes, rowBytes, tileBytes, offsets, b, bBytes, c
          + TileEmitter.ROWS * tile * cBytes, cBytes, Math.min(most, whole - tile), depth, more, mask);
    }
    int done = whole * TileEmitter.ROWS;
    if (done < rows) {
      EmittedCall.run(functions[group + rows - done - 1], a + whole * tileBytes, rowBytes, tileBytes, offsets, b, bBytes, c + done
          * cBytes,
          cBytes, 1, depth, more, mask);
    }
  }
}

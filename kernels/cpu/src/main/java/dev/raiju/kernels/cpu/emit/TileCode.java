package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.products.TileProduct;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// The functions of [TileEmitter] in memory, one for each number of rows and vectors.
///
/// Garbage collection waits for a thread inside, so long work is cut into calls of some ten microseconds.
final class TileCode implements TileProduct {
  // rows times depth of one call: some 20 microseconds of multiply-adds
  private static final int MOST_WORK = 1 << 16;
  // a longer sum goes on in the result, which changes no bits
  private static final int MOST_DEPTH = 1 << 12;

  private final TileShape shape;
  private final MemorySegment[] functions;

  private TileCode(TileShape shape, MemorySegment[] functions) {
    this.shape = shape;
    this.functions = functions;
  }

  /// Emits the functions for one kind of vectors and words.
  static TileCode load(CodeMemory.Pages pages, Function<Assembler, TileVectors> kind) {
    Assembler a = new Assembler();
    TileVectors code = kind.apply(a);
    TileShape shape = code.shape();
    List<Integer> places = new ArrayList<>();
    for (int vectors = 1; vectors <= shape.vectors(); vectors++) {
      for (int rows = 1; rows <= shape.rows(); rows++) {
        a.align(64);
        places.add(a.size());
        TileEmitter.emit(a, code, rows, vectors);
      }
    }
    MemorySegment memory = CodeMemory.load(pages, a.code());
    return new TileCode(shape, places.stream().map(memory::asSlice).toArray(MemorySegment[]::new));
  }

  /// Tiles of f32.
  static TileCode f32(CodeMemory.Pages pages, TileShape shape) {
    return load(pages, a -> switch (shape) {
      case AVX512 -> new Avx512Tiles(a, Avx512Tiles.Word.F32);
      case AVX2 -> new Avx2Tiles(a);
    });
  }

  TileShape shape() { return shape; }

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
    int group = columns > shape.lanes() ? shape.rows() : 0;
    long told = shape.told(columns);
    long more = add ? 1 : 0;
    int whole = rows / shape.rows();
    int most = Math.max(1, MOST_WORK / (shape.rows() * Math.max(1, depth)));
    for (int tile = 0; tile < whole; tile += most) {
      EmittedCall.run(functions[group + shape.rows() - 1], a + tile * tileBytes, rowBytes, tileBytes, offsets, b, bBytes, c
          + shape.rows() * tile * cBytes, cBytes, Math.min(most, whole - tile), depth, more, told);
    }
    int done = whole * shape.rows();
    if (done < rows) {
      EmittedCall.run(functions[group + rows - done - 1], a + whole * tileBytes, rowBytes, tileBytes, offsets, b, bBytes, c + done
          * cBytes,
          cBytes, 1, depth, more, told);
    }
  }
}

package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.emit.Avx512Tiles.Word;
import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.PairKernels;
import dev.raiju.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The functions of [PairEmitter] and the tiles for pairs of bf16, in memory.
final class PairCode implements PairKernels {
  // elements of one call: some ten microseconds
  private static final int MOST_ELEMENTS = 1 << 17;

  private final TileCode tiles;
  private final MemorySegment narrow;
  private final MemorySegment pairF32;
  private final MemorySegment pairBf16;
  private final long places;

  private PairCode(TileCode tiles, MemorySegment narrow, MemorySegment pairF32, MemorySegment pairBf16) {
    this.tiles = tiles;
    this.narrow = narrow;
    this.pairF32 = pairF32;
    this.pairBf16 = pairBf16;
    this.places = Arena.global().allocate(64, 64).address();
    for (int i = 0; i < 16; i++) {
      Cells.setShort(places + 4L * i, (short) i);
      Cells.setShort(places + 4L * i + 2, (short) (16 + i));
    }
  }

  static PairCode load(CodeMemory.Pages pages) {
    Assembler a = new Assembler();
    PairEmitter.narrow(a);
    a.align(64);
    int pairF32 = a.size();
    PairEmitter.pair(a, true);
    a.align(64);
    int pairBf16 = a.size();
    PairEmitter.pair(a, false);
    MemorySegment code = CodeMemory.load(pages, a.code());
    return new PairCode(TileCode.load(pages, words -> new Avx512Tiles(words, Word.BF16_PAIR)), code, code.asSlice(pairF32), code
        .asSlice(pairBf16));
  }

  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    tiles.multiply(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, rows, columns, depth, add);
  }

  @Override
  public void narrow(long x, long xBytes, long y, long yBytes, int rows, int columns) {
    int rest = columns % 32;
    long loaded = (1L << rest) - 1;
    long stored = (1L << (rest + 1) / 2 * 2) - 1;
    int most = Math.max(1, MOST_ELEMENTS / Math.max(1, columns));
    for (int i = 0; i < rows; i += most) {
      EmittedCall.run(narrow, x + i * xBytes, xBytes, y + i * yBytes, yBytes, Math.min(most, rows - i), columns / 32, loaded,
          stored,
          0, 0, 0, 0);
    }
  }

  @Override
  public void pair(DType type, long even, long odd, long xBytes, long y, long yBytes, int rows, int columns) {
    long mask = (1L << columns % 16) - 1;
    int most = Math.max(1, MOST_ELEMENTS / Math.max(1, columns));
    for (int i = 0; i < rows; i += most) {
      EmittedCall.run(type == DType.F32 ? pairF32 : pairBf16, even + i * xBytes, odd + i * xBytes, xBytes, y + i * yBytes, yBytes,
          Math.min(most, rows - i), columns / 16, mask, places, 0, 0, 0);
    }
  }
}

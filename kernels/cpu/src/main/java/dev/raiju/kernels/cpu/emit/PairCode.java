package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.emit.Avx512Tiles.Word;
import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.products.PairKernels;
import dev.raiju.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// The functions of [PairEmitter], those of [ScoreEmitter] for pairs of bf16, and the tiles of such, in memory.
final class PairCode implements PairKernels {
  // elements of one call: some ten microseconds
  private static final int MOST_ELEMENTS = 1 << 17;

  private final TileCode tiles;
  private final MemorySegment narrow;
  private final MemorySegment pairF32;
  private final MemorySegment pairBf16;
  private final MemorySegment[] softmax;
  private final MemorySegment gradients;
  private final long places;

  private PairCode(TileCode tiles, MemorySegment narrow, MemorySegment pairF32, MemorySegment pairBf16, MemorySegment[] softmax,
      MemorySegment gradients) {
    this.tiles = tiles;
    this.narrow = narrow;
    this.pairF32 = pairF32;
    this.pairBf16 = pairBf16;
    this.softmax = softmax;
    this.gradients = gradients;
    this.places = Arena.global().allocate(64, 64).address();
    for (int i = 0; i < 16; i++) {
      Cells.setShort(places + 4L * i, (short) i);
      Cells.setShort(places + 4L * i + 2, (short) (16 + i));
    }
  }

  static PairCode load(CodeMemory.Pages pages) {
    Assembler a = new Assembler();
    int[] starts = new int[6];
    List<Consumer<Assembler>> functions = List.of(PairEmitter::narrow, to -> PairEmitter.pair(to, true), to -> PairEmitter.pair(
        to,
        false), to -> ScoreEmitter.softmaxPairs(to, 1), to -> ScoreEmitter.softmaxPairs(to, 2), ScoreEmitter::gradientPairs);
    for (int i = 0; i < starts.length; i++) {
      a.align(64);
      starts[i] = a.size();
      functions.get(i).accept(a);
    }
    MemorySegment code = CodeMemory.load(pages, a.code());
    MemorySegment[] f = IntStream.of(starts).mapToObj(code::asSlice).toArray(MemorySegment[]::new);
    TileCode tiles = TileCode.load(pages, words -> new Avx512Tiles(words, Word.BF16_PAIR));
    return new PairCode(tiles, f[0], f[1], f[2], new MemorySegment[] {f[3], f[4]}, f[5]);
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

  @Override
  public void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    EmittedCall.run(softmax[width / ScoreCode.LANES - 1], s, sBytes, max, sum, factor, Exponential.constants(), keys, ScoreCode
        .bits(scale), ScoreCode.LEAST, keys / 2, keys % 2, places);
  }

  @Override
  public void scoreGradients(long s, long d, long bytes, int keys, float scale, long logSumExp, long delta, long lines) {
    EmittedCall.run(gradients, s, d, bytes, logSumExp, delta, Exponential.constants(), s, ScoreCode.bits(scale), lines, keys / 2,
        keys % 2, places);
  }
}

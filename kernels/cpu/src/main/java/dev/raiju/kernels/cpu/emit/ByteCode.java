package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.TileProduct;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The functions of [ByteEmitter] in memory, one for each number of rows and vectors.
final class ByteCode {
  private static final TileShape SHAPE = TileShape.AVX512;
  // rows times words of one call: some ten microseconds
  private static final int MOST_WORK = 1 << 15;

  private final MemorySegment[] functions;

  private ByteCode(MemorySegment[] functions) { this.functions = functions; }

  static ByteCode load(CodeMemory.Pages pages) {
    Assembler a = new Assembler();
    List<Integer> places = new ArrayList<>();
    for (int vectors = 1; vectors <= SHAPE.vectors(); vectors++) {
      for (int rows = 1; rows <= ByteEmitter.ROWS; rows++) {
        a.align(64);
        places.add(a.size());
        ByteEmitter.emit(a, rows, vectors);
      }
    }
    MemorySegment memory = CodeMemory.load(pages, a.code());
    return new ByteCode(places.stream().map(memory::asSlice).toArray(MemorySegment[]::new));
  }

  /// Products of lines that lie like this: whatever the size of tiles, rows follow each other every `rowBytes`. Of results exactly
  /// what is named is read and written.
  TileProduct of(ByteLines lines) {
    return (a, rowBytes, _, _, b, bBytes, c, cBytes, rows, columns, depth, add) -> {
      // a longer sum goes on in the result, which changes no bits
      int most = Math.max(1, MOST_WORK / ByteEmitter.ROWS / lines.words()) * lines.words();
      for (int k = 0; k == 0 || k < depth; k += most) {
        tiles(lines, a + 4L * k, rowBytes, b + k * bBytes, bBytes, c, cBytes, rows, columns, Math.min(most, depth - k), add
            || k > 0);
      }
    };
  }

  private void tiles(ByteLines lines, long a, long rowBytes, long b, long bBytes, long c, long cBytes, int rows, int columns,
      int depth, boolean add) {
    int group = columns > SHAPE.lanes() ? ByteEmitter.ROWS : 0;
    int most = Math.max(1, MOST_WORK / (ByteEmitter.ROWS * Math.max(1, depth))) * ByteEmitter.ROWS;
    int whole = rows / ByteEmitter.ROWS * ByteEmitter.ROWS;
    for (int row = 0; row < rows;) {
      int count = row < whole ? Math.min(most, whole - row) : rows - row;
      int high = Math.min(count, ByteEmitter.ROWS);
      EmittedCall.run(functions[group + high - 1], a + row * rowBytes, rowBytes, high * rowBytes, lines.quads(), b, bBytes, c
          + row * cBytes, cBytes, count / high, depth / lines.words(), add ? 1 : 0, SHAPE.told(columns));
      row += count;
    }
  }
}

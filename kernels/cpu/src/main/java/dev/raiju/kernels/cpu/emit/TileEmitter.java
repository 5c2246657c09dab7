package dev.raiju.kernels.cpu.emit;

/// Writes the innermost loop of products, as a function
/// `f(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, tiles, depth, add, columns)` that computes, tile by tile,
/// `c[r, j] = c0[r, j] + Σₖ a[r, k] · b[k, j]` over words of 32 bits; see [dev.raiju.kernels.cpu.products.MicroKernels#multiply].
///
/// A tile is up to 12 rows of up to two vectors. Its 24 accumulators are three times what two units of latency 4 need, and leave
/// eight registers for `b` and for the elements of `a`, of which every one is loaded once. `columns` is a mask: only those columns
/// of `c` are read and written, so a result may end where its memory ends.
///
/// | registers | hold |
/// |---|---|
/// | zmm0 to 23 | accumulators, row by row |
/// | zmm24 to 29 | elements of `a`, in turn |
/// | zmm30, 31 | a row of `b` |
/// | rsi, rbx, rbp, r12 to r14 | 1, 3, 5, 7, 9, 11 times `rowBytes`: with scales of 1, 2, 4, 8 all of 12 rows |
/// | rax, r10, r11, r15 | the place in `a`, in `offsets` and in `b`, the depth left |
final class TileEmitter {
  /// The most rows of a tile.
  static final int ROWS = 12;
  /// The most vectors of a row.
  static final int VECTORS = 2;
  /// Floats of a vector.
  static final int LANES = 16;

  private static final int LINE = 64;
  private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14, Gp.R15};
  // what lies above the return address, in order
  private static final int STACK = 8 * SAVED.length + 8;
  private static final Memory C = Memory.at(Gp.RSP, STACK);
  private static final Memory C_BYTES = Memory.at(Gp.RSP, STACK + 8);
  private static final Memory TILES = Memory.at(Gp.RSP, STACK + 16);
  private static final Memory DEPTH = Memory.at(Gp.RSP, STACK + 24);
  private static final Memory ADD = Memory.at(Gp.RSP, STACK + 32);
  private static final Memory COLUMNS = Memory.at(Gp.RSP, STACK + 40);

  /// What a word of 32 bits in `a` and in `b` is.
  enum Word {
    F32,
    /// Two bf16 that are neighbours along the sum; the lower half comes first.
    BF16_PAIR
  }

  private final Assembler a;
  private final Word word;
  private final int rows;
  private final int vectors;

  private TileEmitter(Assembler a, Word word, int rows, int vectors) {
    this.a = a;
    this.word = word;
    this.rows = rows;
    this.vectors = vectors;
  }

  /// Writes the function for tiles of `rows` rows and `vectors` vectors.
  static void emit(Assembler a, Word word, int rows, int vectors) {
    if (rows < 1 || rows > ROWS || vectors < 1 || vectors > VECTORS)
      throw new IllegalArgumentException("tile: " + rows + " rows of " + vectors + " vectors; needs up to " + ROWS + " of "
          + VECTORS);
    new TileEmitter(a, word, rows, vectors).function();
  }

  private void function() {
    for (Gp r : SAVED) a.push(r);
    multiples();
    a.mov(Gp.RAX, COLUMNS);
    a.kmovw(mask(0), Gp.RAX);
    a.shr(Gp.RAX, LANES);
    a.kmovw(mask(1), Gp.RAX);
    Label tile = new Label();
    a.align(LINE);
    a.bind(tile);
    begin();
    sum();
    store();
    a.add(Gp.RDI, Gp.RDX);
    a.dec(TILES);
    a.jumpIfNotZero(tile);
    a.vzeroupper();
    for (int i = SAVED.length - 1; i >= 0; i--) a.pop(SAVED[i]);
    a.ret();
  }

  private void multiples() {
    a.lea(Gp.RBX, Memory.at(Gp.RSI, Gp.RSI, 2));
    a.lea(Gp.RBP, Memory.at(Gp.RSI, Gp.RSI, 4));
    a.lea(Gp.R12, Memory.at(Gp.RBX, Gp.RSI, 4));
    a.lea(Gp.R13, Memory.at(Gp.RSI, Gp.RSI, 8));
    a.lea(Gp.R14, Memory.at(Gp.RBX, Gp.RSI, 8));
  }

  /// Row `i` of the tile, an element of which is at `rax`.
  private static Memory row(int i) {
    return switch (i) {
      case 0 -> Memory.at(Gp.RAX);
      case 1, 2, 4, 8 -> Memory.at(Gp.RAX, Gp.RSI, i);
      case 3, 6 -> Memory.at(Gp.RAX, Gp.RBX, i / 3);
      case 5, 10 -> Memory.at(Gp.RAX, Gp.RBP, i / 5);
      case 7 -> Memory.at(Gp.RAX, Gp.R12, 1);
      case 9 -> Memory.at(Gp.RAX, Gp.R13, 1);
      default -> Memory.at(Gp.RAX, Gp.R14, 1);
    };
  }

  private static Mask mask(int vector) { return new Mask(vector + 1); }

  private Zmm sum(int row, int vector) { return new Zmm(row * vectors + vector); }

  private static Zmm element(int row) { return new Zmm(24 + row % 6); }

  private static Zmm right(int vector) { return new Zmm(30 + vector); }

  /// Accumulators from zero, or from what `c` holds.
  private void begin() {
    Label clear = new Label();
    Label ready = new Label();
    a.mov(Gp.RAX, ADD);
    a.test(Gp.RAX);
    a.jumpIfZero(clear);
    eachRow((row, vector, place) -> a.vmovups(sum(row, vector), mask(vector), place));
    a.jump(ready);
    a.bind(clear);
    for (int i = 0; i < rows * vectors; i++) a.vpxord(new Zmm(i), new Zmm(i), new Zmm(i));
    a.bind(ready);
  }

  private void sum() {
    Label next = new Label();
    Label done = new Label();
    a.mov(Gp.R10, Gp.RCX);
    a.mov(Gp.R11, Gp.R8);
    a.mov(Gp.R15, DEPTH);
    a.test(Gp.R15);
    a.jumpIfZero(done);
    a.align(LINE);
    a.bind(next);
    a.movsxd(Gp.RAX, Memory.at(Gp.R10));
    a.add(Gp.RAX, Gp.RDI);
    for (int v = 0; v < vectors; v++) a.vmovups(right(v), Memory.at(Gp.R11, LINE * v));
    for (int r = 0; r < rows; r++) {
      a.vbroadcastss(element(r), row(r));
      for (int v = 0; v < vectors; v++) multiplyAdd(sum(r, v), element(r), right(v));
    }
    a.add(Gp.R10, 4);
    a.add(Gp.R11, Gp.R9);
    a.dec(Gp.R15);
    a.jumpIfNotZero(next);
    a.bind(done);
  }

  private void multiplyAdd(Zmm sum, Zmm left, Zmm right) {
    switch (word) {
      case F32 -> a.vfmadd231ps(sum, left, right);
      case BF16_PAIR -> a.vdpbf16ps(sum, left, right);
    }
  }

  /// Stores the accumulators and goes on to the next tile of `c`.
  private void store() {
    eachRow((row, vector, place) -> a.vmovups(place, mask(vector), sum(row, vector)));
    a.mov(C, Gp.R10);
  }

  private interface Place {
    void visit(int row, int vector, Memory place);
  }

  /// Visits the vectors of the tile in `c`; afterwards `r10` is where the next tile begins.
  private void eachRow(Place visitor) {
    a.mov(Gp.R10, C);
    a.mov(Gp.R11, C_BYTES);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors; v++) visitor.visit(r, v, Memory.at(Gp.R10, LINE * v));
      a.add(Gp.R10, Gp.R11);
    }
  }
}

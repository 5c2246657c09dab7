package dev.raiju.kernels.cpu.emit;

/// Writes the innermost loop of products, as a function
/// `f(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, tiles, depth, add, told)` that computes, tile by tile,
/// `c[r, j] = c0[r, j] + Σₖ a[r, k] · b[k, j]` over words of 32 bits; see [dev.raiju.kernels.cpu.products.MicroKernels#multiply].
///
/// A tile is as large as [TileShape] says; every element of it is loaded once. Which columns there are is told by
/// [TileShape#told]: only those of `c` are read and written, so a result may end where its memory ends.
///
/// | registers | hold |
/// |---|---|
/// | vectors, from the first | accumulators, row by row |
/// | those between | elements of `a`, in turn |
/// | the last ones | a row of `b` |
/// | rsi, rbx, rbp, r12 to r14 | 1, 3, 5, 7, 9, 11 times `rowBytes`: with scales of 1, 2, 4, 8 all of 12 rows |
/// | rax, r10, r11, r15 | the place in `a`, in `offsets` and in `b`, the depth left |
final class TileEmitter {
  private static final int LINE = 64;
  private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14, Gp.R15};
  // what lies above the return address, in order
  private static final int STACK = 8 * SAVED.length + 8;
  private static final Memory C = Memory.at(Gp.RSP, STACK);
  private static final Memory C_BYTES = Memory.at(Gp.RSP, STACK + 8);
  private static final Memory TILES = Memory.at(Gp.RSP, STACK + 16);
  private static final Memory DEPTH = Memory.at(Gp.RSP, STACK + 24);
  private static final Memory ADD = Memory.at(Gp.RSP, STACK + 32);
  private static final Memory TOLD = Memory.at(Gp.RSP, STACK + 40);

  private final Assembler a;
  private final TileVectors code;
  private final TileShape shape;
  private final int rows;
  private final int vectors;

  private TileEmitter(Assembler a, TileVectors code, int rows, int vectors) {
    this.a = a;
    this.code = code;
    this.shape = code.shape();
    this.rows = rows;
    this.vectors = vectors;
  }

  /// Writes the function for tiles of `rows` rows and `vectors` vectors.
  ///
  /// @param code writes to `a`
  static void emit(Assembler a, TileVectors code, int rows, int vectors) {
    TileShape shape = code.shape();
    if (rows < 1 || rows > shape.rows() || vectors < 1 || vectors > shape.vectors())
      throw new IllegalArgumentException("tile: " + rows + " rows of " + vectors + " vectors; needs up to " + shape.rows()
          + " of " + shape.vectors());
    new TileEmitter(a, code, rows, vectors).function();
  }

  private void function() {
    for (Gp r : SAVED) a.push(r);
    multiples();
    code.begin(TOLD);
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

  private int sum(int row, int vector) { return row * vectors + vector; }

  private int element(int row) {
    int sums = shape.rows() * shape.vectors();
    return sums + row % (shape.registers() - shape.vectors() - sums);
  }

  private int right(int vector) { return shape.registers() - shape.vectors() + vector; }

  /// Accumulators from zero, or from what `c` holds.
  private void begin() {
    Label clear = new Label();
    Label ready = new Label();
    a.mov(Gp.RAX, ADD);
    a.test(Gp.RAX);
    a.jumpIfZero(clear);
    code.columns(TOLD, vectors, columns -> eachRow((row, vector, place) -> columns.load(sum(row, vector), vector, place)));
    a.jump(ready);
    a.bind(clear);
    for (int i = 0; i < rows * vectors; i++) code.clear(i);
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
    for (int v = 0; v < vectors; v++) code.load(right(v), vector(Gp.R11, v));
    for (int r = 0; r < rows; r++) {
      code.broadcast(element(r), row(r));
      for (int v = 0; v < vectors; v++) code.multiplyAdd(sum(r, v), element(r), right(v));
    }
    a.add(Gp.R10, 4);
    a.add(Gp.R11, Gp.R9);
    a.dec(Gp.R15);
    a.jumpIfNotZero(next);
    a.bind(done);
  }

  private Memory vector(Gp row, int vector) { return Memory.at(row, 4 * shape.lanes() * vector); }

  /// Stores the accumulators and goes on to the next tile of `c`.
  private void store() {
    code.columns(TOLD, vectors, columns -> eachRow((row, vector, place) -> columns.store(place, vector, sum(row, vector))));
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
      for (int v = 0; v < vectors; v++) visitor.visit(r, v, vector(Gp.R10, v));
      a.add(Gp.R10, Gp.R11);
    }
  }
}

package dev.raiju.kernels.cpu.emit;

/// Writes the innermost loop of products of 8 bits, as a function
/// `f(a, rowBytes, tileBytes, quads, b, bBytes, c, cBytes, tiles, groups, add, told)` over the words of
/// [dev.raiju.kernels.cpu.products.ByteLines]: for each group `s = Σ a · b` in whole numbers by `vpdpbusd`, then
/// `c = scale · s + c` and `c = bias · Σ a + c`, each rounded once.
///
/// | registers | hold |
/// |---|---|
/// | zmm0 to 11 | whole sums of a group, row by row |
/// | zmm12 to 23 | sums in f32 |
/// | zmm24 to 29 | words of `a`, in turn; behind a group the last two are its biases |
/// | zmm30, 31 | a row of `b` |
/// | rsi, rbx, rbp | 1, 3, 5 times `rowBytes` |
/// | rax, r11 | the place in `a` and in `b` |
/// | r10, r15 | the words of the group and the groups left |
final class ByteEmitter {
  /// The most rows of a tile: twice as many sums would leave no room for those in f32.
  static final int ROWS = 6;

  private static final TileShape SHAPE = TileShape.AVX512;
  private static final int LINE = 64;
  private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R15};
  // what lies above the return address, in order
  private static final int STACK = 8 * SAVED.length + 8;
  private static final Memory C = Memory.at(Gp.RSP, STACK);
  private static final Memory C_BYTES = Memory.at(Gp.RSP, STACK + 8);
  private static final Memory TILES = Memory.at(Gp.RSP, STACK + 16);
  private static final Memory GROUPS = Memory.at(Gp.RSP, STACK + 24);
  private static final Memory ADD = Memory.at(Gp.RSP, STACK + 32);
  private static final Memory TOLD = Memory.at(Gp.RSP, STACK + 40);

  private final Assembler a;
  private final Avx512Tiles code;
  private final int rows;
  private final int vectors;

  private ByteEmitter(Assembler a, int rows, int vectors) {
    this.a = a;
    this.code = new Avx512Tiles(a, Avx512Tiles.Word.F32);
    this.rows = rows;
    this.vectors = vectors;
  }

  /// Writes the function for tiles of `rows` rows and `vectors` vectors.
  static void emit(Assembler a, int rows, int vectors) {
    if (rows < 1 || rows > ROWS || vectors < 1 || vectors > SHAPE.vectors())
      throw new IllegalArgumentException("tile: " + rows + " rows of " + vectors + " vectors; needs up to " + ROWS + " of "
          + SHAPE.vectors());
    new ByteEmitter(a, rows, vectors).function();
  }

  private void function() {
    for (Gp r : SAVED) a.push(r);
    a.lea(Gp.RBX, Memory.at(Gp.RSI, Gp.RSI, 2));
    a.lea(Gp.RBP, Memory.at(Gp.RSI, Gp.RSI, 4));
    code.begin(TOLD);
    Label tile = new Label();
    a.align(LINE);
    a.bind(tile);
    begin();
    groups();
    code.columns(TOLD, vectors, columns -> eachRow((row, vector, place) -> columns.store(place, vector, sum(row, vector))));
    a.mov(C, Gp.R10);
    a.add(Gp.RDI, Gp.RDX);
    a.dec(TILES);
    a.jumpIfNotZero(tile);
    a.vzeroupper();
    for (int i = SAVED.length - 1; i >= 0; i--) a.pop(SAVED[i]);
    a.ret();
  }

  private int whole(int row, int vector) { return row * vectors + vector; }

  private int sum(int row, int vector) { return ROWS * SHAPE.vectors() + row * vectors + vector; }

  private static int element(int row) { return 24 + row; }

  private static int bias(int vector) { return 28 + vector; }

  private static int right(int vector) { return 30 + vector; }

  /// Row `i` of the tile, a word of which is at `rax`.
  private static Memory row(int i) {
    return switch (i) {
      case 0 -> Memory.at(Gp.RAX);
      case 3 -> Memory.at(Gp.RAX, Gp.RBX, 1);
      case 5 -> Memory.at(Gp.RAX, Gp.RBP, 1);
      default -> Memory.at(Gp.RAX, Gp.RSI, i);
    };
  }

  private void begin() {
    Label clear = new Label();
    Label ready = new Label();
    a.mov(Gp.RAX, ADD);
    a.test(Gp.RAX);
    a.jumpIfZero(clear);
    code.columns(TOLD, vectors, columns -> eachRow((row, vector, place) -> columns.load(sum(row, vector), vector, place)));
    a.jump(ready);
    a.bind(clear);
    for (int i = 0; i < rows * vectors; i++) code.clear(sum(0, i));
    a.bind(ready);
  }

  private void groups() {
    Label group = new Label();
    Label quad = new Label();
    Label done = new Label();
    a.mov(Gp.RAX, Gp.RDI);
    a.mov(Gp.R11, Gp.R8);
    a.mov(Gp.R15, GROUPS);
    a.test(Gp.R15);
    a.jumpIfZero(done);
    a.bind(group);
    for (int i = 0; i < rows * vectors; i++) code.clear(i);
    a.mov(Gp.R10, Gp.RCX);
    a.align(LINE);
    a.bind(quad);
    rowOfB(0);
    for (int r = 0; r < rows; r++) {
      code.broadcast(element(r), row(r));
      for (int v = 0; v < vectors; v++) a.vpdpbusd(new Zmm(whole(r, v)), new Zmm(right(v)), new Zmm(element(r)));
    }
    a.add(Gp.RAX, 4);
    a.dec(Gp.R10);
    a.jumpIfNotZero(quad);
    endOfGroup();
    a.dec(Gp.R15);
    a.jumpIfNotZero(group);
    a.bind(done);
  }

  /// Loads a row of `b` and goes on to the next.
  ///
  /// @param back registers before those of rows of codes
  private void rowOfB(int back) {
    for (int v = 0; v < vectors; v++) code.load(right(v) - back, Memory.at(Gp.R11, LINE * v));
    a.add(Gp.R11, Gp.R9);
  }

  private void endOfGroup() {
    rowOfB(0);
    rowOfB(right(0) - bias(0));
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors; v++) {
        Zmm whole = new Zmm(whole(r, v));
        a.vcvtdq2ps(whole, whole);
        code.multiplyAdd(sum(r, v), whole.number(), right(v));
      }
    }
    for (int r = 0; r < rows; r++) {
      int total = element(r % 4);
      code.broadcast(total, row(r));
      for (int v = 0; v < vectors; v++) code.multiplyAdd(sum(r, v), total, bias(v));
    }
    a.add(Gp.RAX, 8);
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

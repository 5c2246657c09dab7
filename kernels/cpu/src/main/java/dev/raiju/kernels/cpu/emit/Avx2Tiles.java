package dev.raiju.kernels.cpu.emit;

import java.util.function.Consumer;

/// Tiles of AVX2 and FMA, in f32. A masked store takes many cycles on some processors, so whole vectors have a way of their own.
record Avx2Tiles(Assembler a) implements TileVectors {
  // free where columns are loaded and stored: there it holds an element of `a` otherwise
  private static final Ymm MASK = new Ymm(12);

  @Override
  public TileShape shape() { return TileShape.AVX2; }

  @Override
  public void begin(Memory told) {
    // masks are loaded where they are needed
  }

  @Override
  public void clear(int register) {
    Ymm y = new Ymm(register);
    a.vxorps(y, y, y);
  }

  @Override
  public void load(int to, Memory from) { a.vmovups(new Ymm(to), from); }

  @Override
  public void broadcast(int to, Memory from) { a.vbroadcastss(new Ymm(to), from); }

  @Override
  public void multiplyAdd(int sum, int left, int right) { a.vfmadd231ps(new Ymm(sum), new Ymm(left), new Ymm(right)); }

  @Override
  public void columns(Memory told, int vectors, Consumer<Columns> body) {
    Label whole = new Label();
    Label done = new Label();
    a.mov(Gp.RAX, told);
    a.test(Gp.RAX);
    a.jumpIfZero(whole);
    a.vmovups(MASK, Memory.at(Gp.RAX));
    body.accept(moves(vectors - 1));
    a.jump(done);
    a.bind(whole);
    body.accept(moves(vectors));
    a.bind(done);
  }

  /// @param masked the first vector that is not whole
  private Columns moves(int masked) {
    return new Columns() {
      @Override
      public void load(int to, int vector, Memory from) {
        if (vector < masked) a.vmovups(new Ymm(to), from);
        else
          a.vmaskmovps(new Ymm(to), MASK, from);
      }

      @Override
      public void store(Memory to, int vector, int from) {
        if (vector < masked) a.vmovups(to, new Ymm(from));
        else
          a.vmaskmovps(to, MASK, new Ymm(from));
      }
    };
  }
}

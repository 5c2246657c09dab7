package dev.raiju.kernels.cpu.emit;

import java.util.function.Consumer;

/// Tiles of AVX-512: columns by mask registers, which cost nothing.
///
/// @param word what a word of 32 bits is
record Avx512Tiles(Assembler a, Word word) implements TileVectors {
  /// What a word of 32 bits in `a` and in `b` is.
  enum Word {
    F32,
    /// Two bf16 that are neighbours along the sum; the lower half comes first.
    BF16_PAIR
  }

  @Override
  public TileShape shape() { return TileShape.AVX512; }

  @Override
  public void begin(Memory told) {
    a.mov(Gp.RAX, told);
    a.kmovw(mask(0), Gp.RAX);
    a.shr(Gp.RAX, shape().lanes());
    a.kmovw(mask(1), Gp.RAX);
  }

  private static Mask mask(int vector) { return new Mask(vector + 1); }

  @Override
  public void clear(int register) {
    Zmm z = new Zmm(register);
    a.vpxord(z, z, z);
  }

  @Override
  public void load(int to, Memory from) { a.vmovups(new Zmm(to), from); }

  @Override
  public void broadcast(int to, Memory from) { a.vbroadcastss(new Zmm(to), from); }

  @Override
  public void multiplyAdd(int sum, int left, int right) {
    switch (word) {
      case F32 -> a.vfmadd231ps(new Zmm(sum), new Zmm(left), new Zmm(right));
      case BF16_PAIR -> a.vdpbf16ps(new Zmm(sum), new Zmm(left), new Zmm(right));
    }
  }

  @Override
  public void columns(Memory told, int vectors, Consumer<Columns> body) {
    body.accept(new Columns() {
      @Override
      public void load(int to, int vector, Memory from) { a.vmovups(new Zmm(to), mask(vector), from); }

      @Override
      public void store(Memory to, int vector, int from) { a.vmovups(to, mask(vector), new Zmm(from)); }
    });
  }
}

package dev.raiju.kernels.cpu.emit;

/// Writes the functions that pack factors as pairs of bf16, from f32 by `vcvtne2ps2bf16`, which rounds to nearest even.
final class PairEmitter {
  private static final int LINE = 64;
  private static final Mask LOW = new Mask(1);
  private static final Mask HIGH = new Mask(2);
  private static final Mask STORED = new Mask(3);
  private static final Zmm FIRST = new Zmm(0);
  private static final Zmm SECOND = new Zmm(1);
  private static final Zmm PLACES = new Zmm(2);

  private PairEmitter() {}

  /// `f(x, xBytes, y, yBytes, rows, blocks, loaded, stored)`: rows of f32 as bf16, 32 at a time and then those of the masks.
  static void narrow(Assembler a) {
    a.mov(Gp.RAX, Memory.at(Gp.RSP, 8));
    a.kmovw(LOW, Gp.RAX);
    a.shr(Gp.RAX, 16);
    a.kmovw(HIGH, Gp.RAX);
    a.mov(Gp.RAX, Memory.at(Gp.RSP, 16));
    a.kmovd(STORED, Gp.RAX);
    Label row = new Label();
    Label next = new Label();
    Label tail = new Label();
    a.align(16);
    a.bind(row);
    a.mov(Gp.RAX, Gp.RDI);
    a.mov(Gp.R10, Gp.RDX);
    a.mov(Gp.R11, Gp.R9);
    a.test(Gp.R11);
    a.jumpIfZero(tail);
    a.align(16);
    a.bind(next);
    a.vmovups(FIRST, Memory.at(Gp.RAX));
    a.vmovups(SECOND, Memory.at(Gp.RAX, LINE));
    a.vcvtne2ps2bf16(FIRST, SECOND, FIRST);
    a.vmovups(Memory.at(Gp.R10), FIRST);
    a.lea(Gp.RAX, Memory.at(Gp.RAX, 2 * LINE));
    a.add(Gp.R10, LINE);
    a.dec(Gp.R11);
    a.jumpIfNotZero(next);
    a.bind(tail);
    a.vmovups(FIRST, LOW, Memory.at(Gp.RAX));
    a.vmovups(SECOND, HIGH, Memory.at(Gp.RAX, LINE));
    a.vcvtne2ps2bf16(FIRST, SECOND, FIRST);
    a.vmovdqu16(Memory.at(Gp.R10), STORED, FIRST);
    a.add(Gp.RDI, Gp.RSI);
    a.add(Gp.RDX, Gp.RCX);
    a.dec(Gp.R8);
    a.jumpIfNotZero(row);
    a.vzeroupper();
    a.ret();
  }

  /// `f(even, odd, xBytes, y, yBytes, rows, blocks, mask, places)`: two rows become one of pairs, 16 at a time and then those of the
  /// mask. Registers `rax`, `rsi` and `r10` are the places in a row of each.
  ///
  /// @param f32 whether rows are of f32, else of bf16
  static void pair(Assembler a, boolean f32) {
    a.mov(Gp.RAX, Memory.at(Gp.RSP, 16));
    a.kmovw(LOW, Gp.RAX);
    a.mov(Gp.RAX, Memory.at(Gp.RSP, 24));
    a.vmovups(PLACES, Memory.at(Gp.RAX));
    Label row = new Label();
    Label next = new Label();
    Label tail = new Label();
    a.align(16);
    a.bind(row);
    a.mov(Gp.RAX, Gp.RDI);
    a.mov(Gp.R10, Gp.RCX);
    a.mov(Gp.R11, Memory.at(Gp.RSP, 8));
    a.push(Gp.RSI);
    a.test(Gp.R11);
    a.jumpIfZero(tail);
    a.align(16);
    a.bind(next);
    if (f32) {
      a.vmovups(FIRST, Memory.at(Gp.RAX));
      a.vmovups(SECOND, Memory.at(Gp.RSI));
    } else {
      a.vpmovzxwd(FIRST, Memory.at(Gp.RAX));
      a.vpmovzxwd(SECOND, Memory.at(Gp.RSI));
    }
    join(a, f32);
    a.vmovups(Memory.at(Gp.R10), FIRST);
    int step = f32 ? LINE : LINE / 2;
    a.add(Gp.RAX, step);
    a.add(Gp.RSI, step);
    a.add(Gp.R10, LINE);
    a.dec(Gp.R11);
    a.jumpIfNotZero(next);
    a.bind(tail);
    if (f32) {
      a.vmovups(FIRST, LOW, Memory.at(Gp.RAX));
      a.vmovups(SECOND, LOW, Memory.at(Gp.RSI));
    } else {
      a.vpmovzxwd(FIRST, LOW, Memory.at(Gp.RAX));
      a.vpmovzxwd(SECOND, LOW, Memory.at(Gp.RSI));
    }
    join(a, f32);
    a.vmovups(Memory.at(Gp.R10), LOW, FIRST);
    a.pop(Gp.RSI);
    a.add(Gp.RDI, Gp.RDX);
    a.add(Gp.RSI, Gp.RDX);
    a.add(Gp.RCX, Gp.R8);
    a.dec(Gp.R9);
    a.jumpIfNotZero(row);
    a.vzeroupper();
    a.ret();
  }

  /// Pairs of the two rows' numbers.
  private static void join(Assembler a, boolean f32) {
    if (f32) {
      a.vcvtne2ps2bf16(FIRST, SECOND, FIRST);
      a.vpermw(FIRST, PLACES, FIRST);
    } else {
      a.vpslld(SECOND, SECOND, 16);
      a.vpord(FIRST, FIRST, SECOND);
    }
  }
}

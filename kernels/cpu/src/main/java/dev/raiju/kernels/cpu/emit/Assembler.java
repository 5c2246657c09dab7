package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.emit.Encoder.Vector;

/// Writes machine code for x86-64: the few instructions that the kernels here are made of, destination first.
///
/// General registers are of 64 bits where a method does not say otherwise, vectors of 512 or, as [Ymm], of 256. Every form is
/// compared with what GNU as makes of it.
final class Assembler {
  private static final Vector MOVE_FROM = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x10, 64);
  private static final Vector MOVE_TO = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x11, 64);
  private static final Vector BROADCAST = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0x18, 4);
  private static final Vector MULTIPLY_ADD = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0xb8, 64);
  private static final Vector MULTIPLY_ADD_TO = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0xa8, 64);
  private static final Vector MULTIPLY = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x59, 64);
  private static final Vector ADD = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x58, 64);
  private static final Vector SUBTRACT = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x5c, 64);
  private static final Vector LESSER = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x5d, 64);
  private static final Vector GREATER = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x5f, 64);
  private static final Vector SCALE = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0x2c, 64);
  private static final Vector MOVE = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x28, 64);
  private static final Vector DOT_PAIRS = new Vector(Encoder.MAP_0F38, Encoder.XF3, false, 0x52, 64);
  private static final Vector DOT_BYTES = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0x50, 64);
  private static final Vector WHOLE_TO_FLOAT = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x5b, 64);
  private static final Vector NARROW_TWO = new Vector(Encoder.MAP_0F38, Encoder.XF2, false, 0x72, 64);
  private static final Vector PERMUTE_WORDS = new Vector(Encoder.MAP_0F38, Encoder.X66, true, 0x8d, 64);
  private static final Vector WIDEN_WORDS = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0x33, 32);
  private static final Vector SHIFT = new Vector(Encoder.MAP_0F, Encoder.X66, false, 0x72, 64);
  private static final Vector STORE_WORDS = new Vector(Encoder.MAP_0F, Encoder.XF2, true, 0x7f, 64);
  private static final Vector OR = new Vector(Encoder.MAP_0F, Encoder.X66, false, 0xeb, 64);
  private static final Vector XOR = new Vector(Encoder.MAP_0F, Encoder.X66, false, 0xef, 64);

  private static final Vector MASKED_FROM = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0x2c, 32);
  private static final Vector MASKED_TO = new Vector(Encoder.MAP_0F38, Encoder.X66, false, 0x2e, 32);
  private static final Vector XOR_FLOATS = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x57, 32);

  private final Encoder out = new Encoder();
  // jumps whose label is not bound yet
  private int open;

  /// The bytes written so far.
  int size() { return out.size(); }

  /// @throws IllegalStateException if a jump goes to a label that was never bound
  byte[] code() {
    if (open > 0) throw new IllegalStateException("assembler: " + open + " jumps go to labels that were never bound");
    return out.code();
  }

  // ---- places

  /// @throws IllegalStateException if the label is bound already
  void bind(Label label) {
    for (int at : label.bind(out.size())) {
      out.patch(at, out.size());
      open--;
    }
  }

  /// Goes on at the next multiple of `bytes`; what lies between does nothing.
  void align(int bytes) {
    if (Integer.bitCount(bytes) != 1)
      throw new IllegalArgumentException("assembler: alignment " + bytes + "; needs a power of 2");
    int gap = -out.size() & bytes - 1;
    for (; gap >= 8; gap -= 8) {
      // nop with an operand, the longest form without prefixes
      out.byte1(0x0f);
      out.byte1(0x1f);
      out.byte1(0x84);
      out.byte1(0);
      out.byte4(0);
    }
    for (; gap > 0; gap--) out.byte1(0x90);
  }

  void jump(Label to) { branch(0xeb, 0xe9, false, to); }

  void jumpIfZero(Label to) { branch(0x74, 0x84, true, to); }

  void jumpIfNotZero(Label to) { branch(0x75, 0x85, true, to); }

  /// @param near the opcode for a distance of one byte
  /// @param far the opcode for a distance of four
  /// @param escaped whether `far` is one of the second table
  private void branch(int near, int far, boolean escaped, Label to) {
    int distance = to.isBound() ? to.place() - (out.size() + 2) : Integer.MAX_VALUE;
    if (distance == (byte) distance) {
      out.byte1(near);
      out.byte1(distance);
      return;
    }
    if (escaped) out.byte1(0x0f);
    out.byte1(far);
    int at = out.size();
    out.byte4(0);
    if (to.isBound()) {
      out.patch(at, to.place());
    } else {
      to.await(at);
      open++;
    }
  }

  void ret() { out.byte1(0xc3); }

  // ---- general registers

  void push(Gp r) { single(0x50, r); }

  void pop(Gp r) { single(0x58, r); }

  private void single(int opcode, Gp r) {
    if (r.high()) out.byte1(0x41);
    out.byte1(opcode | r.low());
  }

  void mov(Gp to, Gp from) { out.general(true, 0x89, from.ordinal(), to); }

  void mov(Gp to, Memory from) { out.general(true, 0x8b, to.ordinal(), from); }

  void mov(Memory to, Gp from) { out.general(true, 0x89, from.ordinal(), to); }

  /// Stores the low 32 bits.
  void mov32(Memory to, Gp from) { out.general(false, 0x89, from.ordinal(), to); }

  /// Loads 32 bits and extends their sign.
  void movsxd(Gp to, Memory from) { out.general(true, 0x63, to.ordinal(), from); }

  /// `to` becomes the address of `from`.
  void lea(Gp to, Memory from) { out.general(true, 0x8d, to.ordinal(), from); }

  void add(Gp to, Gp value) { out.general(true, 0x01, value.ordinal(), to); }

  /// @param value of one byte
  void add(Gp to, int value) {
    if (value != (byte) value) throw new IllegalArgumentException("assembler: add " + value + "; needs a signed byte");
    out.general(true, 0x83, 0, to);
    out.byte1(value);
  }

  /// Takes one from a register; zero can be jumped on.
  void dec(Gp r) { out.general(true, 0xff, 1, r); }

  /// Takes one from a number of 64 bits in memory; zero can be jumped on.
  void dec(Memory m) { out.general(true, 0xff, 1, m); }

  /// Compares a register with zero.
  void test(Gp r) { out.general(true, 0x85, r.ordinal(), r); }

  void shr(Gp r, int bits) {
    if (bits < 2 || bits > 63) throw new IllegalArgumentException("assembler: shift by " + bits + "; needs 2 to 63");
    out.general(true, 0xc1, 5, r);
    out.byte1(bits);
  }

  void cpuid() {
    out.byte1(0x0f);
    out.byte1(0xa2);
  }

  void xgetbv() {
    out.byte1(0x0f);
    out.byte1(0x01);
    out.byte1(0xd0);
  }

  // ---- vectors

  /// A mask of 16 lanes from the low bits of a register.
  void kmovw(Mask to, Gp from) { moveToMask(0xf8, to, from); }

  /// A mask of 32 lanes from the low bits of a register.
  void kmovd(Mask to, Gp from) { moveToMask(0xfb, to, from); }

  private void moveToMask(int prefix, Mask to, Gp from) {
    if (from.high()) throw new IllegalArgumentException("assembler: mask from " + from + "; needs one of the first eight");
    out.byte1(0xc5);
    out.byte1(prefix);
    out.byte1(0x92);
    out.byte1(0xc0 | to.number() << 3 | from.low());
  }

  /// Clears the upper halves of all vectors, so that older instructions do not wait for them.
  void vzeroupper() {
    out.byte1(0xc5);
    out.byte1(0xf8);
    out.byte1(0x77);
  }

  void vmovups(Zmm to, Memory from) { out.vector(MOVE_FROM, to.number(), 0, from, Mask.NONE, false, false); }

  /// Loads the lanes of a mask; the others become zero, and their memory is not touched.
  void vmovups(Zmm to, Mask mask, Memory from) { out.vector(MOVE_FROM, to.number(), 0, from, mask, true, false); }

  void vmovups(Memory to, Zmm from) { out.vector(MOVE_TO, from.number(), 0, to, Mask.NONE, false, false); }

  /// Stores the lanes of a mask; the memory of the others is not touched.
  void vmovups(Memory to, Mask mask, Zmm from) { out.vector(MOVE_TO, from.number(), 0, to, mask, false, false); }

  /// One f32, or one pair of bf16, in all lanes.
  void vbroadcastss(Zmm to, Memory from) { out.vector(BROADCAST, to.number(), 0, from, Mask.NONE, false, false); }

  /// `to = a · b + to`, rounded once.
  void vfmadd231ps(Zmm to, Zmm a, Zmm b) { out.vector(MULTIPLY_ADD, to.number(), a.number(), b.number(), Mask.NONE, false); }

  /// `to = a · to + b`, rounded once.
  void vfmadd213ps(Zmm to, Zmm a, Zmm b) { three(MULTIPLY_ADD_TO, to, a, b); }

  void vmulps(Zmm to, Zmm a, Zmm b) { three(MULTIPLY, to, a, b); }

  void vmulps(Zmm to, Zmm a, Memory b) { out.vector(MULTIPLY, to.number(), a.number(), b, Mask.NONE, false, false); }

  void vaddps(Zmm to, Zmm a, Zmm b) { three(ADD, to, a, b); }

  void vsubps(Zmm to, Zmm a, Zmm b) { three(SUBTRACT, to, a, b); }

  /// `a` where it is less than `b`, else `b`.
  void vminps(Zmm to, Zmm a, Zmm b) { three(LESSER, to, a, b); }

  /// `a` where it is greater than `b`, else `b`.
  void vmaxps(Zmm to, Zmm a, Zmm b) { three(GREATER, to, a, b); }

  /// `to = a · 2ᵇ` for whole numbers `b`, rounded once.
  void vscalefps(Zmm to, Zmm a, Zmm b) { three(SCALE, to, a, b); }

  void vmovaps(Zmm to, Zmm from) { out.vector(MOVE, to.number(), 0, from.number(), Mask.NONE, false); }

  private void three(Vector v, Zmm to, Zmm a, Zmm b) { out.vector(v, to.number(), a.number(), b.number(), Mask.NONE, false); }

  /// `to = a₁ · b₁ + (a₀ · b₀ + to)` or the other way round, for pairs of bf16; subnormal numbers count as zero.
  void vdpbf16ps(Zmm to, Zmm a, Zmm b) { out.vector(DOT_PAIRS, to.number(), a.number(), b.number(), Mask.NONE, false); }

  /// `to = a₃ · b₃ + a₂ · b₂ + a₁ · b₁ + a₀ · b₀ + to` in whole numbers of 32 bits, for unsigned bytes of `a` and signed ones of `b`.
  void vpdpbusd(Zmm to, Zmm a, Zmm b) { out.vector(DOT_BYTES, to.number(), a.number(), b.number(), Mask.NONE, false); }

  /// Whole numbers of 32 bits as f32.
  void vcvtdq2ps(Zmm to, Zmm from) { out.vector(WHOLE_TO_FLOAT, to.number(), 0, from.number(), Mask.NONE, false); }

  /// 32 f32 as bf16, rounded to nearest even, those of `low` first; subnormal numbers become zero.
  void vcvtne2ps2bf16(Zmm to, Zmm high, Zmm low) {
    out.vector(NARROW_TWO, to.number(), high.number(), low.number(), Mask.NONE, false);
  }

  /// `to[i] = from[places[i]]` for words of 16 bits.
  void vpermw(Zmm to, Zmm places, Zmm from) {
    out.vector(PERMUTE_WORDS, to.number(), places.number(), from.number(), Mask.NONE, false);
  }

  /// Loads words of 16 bits as 32, in the lanes of a mask; the others become zero, and their memory is not touched.
  void vpmovzxwd(Zmm to, Mask mask, Memory from) { out.vector(WIDEN_WORDS, to.number(), 0, from, mask, true, false); }

  /// Loads words of 16 bits as 32.
  void vpmovzxwd(Zmm to, Memory from) { out.vector(WIDEN_WORDS, to.number(), 0, from, Mask.NONE, false, false); }

  /// Shifts words of 32 bits to the left.
  void vpslld(Zmm to, Zmm from, int bits) {
    if (bits < 0 || bits > 31) throw new IllegalArgumentException("assembler: shift by " + bits + "; needs 0 to 31");
    out.vector(SHIFT, 6, to.number(), from.number(), Mask.NONE, false);
    out.byte1(bits);
  }

  /// Stores the words of 16 bits of a mask; the memory of the others is not touched.
  void vmovdqu16(Memory to, Mask mask, Zmm from) { out.vector(STORE_WORDS, from.number(), 0, to, mask, false, false); }

  void vpord(Zmm to, Zmm a, Zmm b) { out.vector(OR, to.number(), a.number(), b.number(), Mask.NONE, false); }

  void vpxord(Zmm to, Zmm a, Zmm b) { out.vector(XOR, to.number(), a.number(), b.number(), Mask.NONE, false); }

  // ---- vectors of 256 bits, as AVX2 and FMA have them

  void vmovups(Ymm to, Memory from) { out.vector256(MOVE_FROM, to.number(), 0, from); }

  void vmovups(Memory to, Ymm from) { out.vector256(MOVE_TO, from.number(), 0, to); }

  /// Loads the lanes whose mask has its sign set; the others become zero, and their memory is not touched.
  void vmaskmovps(Ymm to, Ymm mask, Memory from) { out.vector256(MASKED_FROM, to.number(), mask.number(), from); }

  /// Stores the lanes whose mask has its sign set; the memory of the others is not touched.
  void vmaskmovps(Memory to, Ymm mask, Ymm from) { out.vector256(MASKED_TO, from.number(), mask.number(), to); }

  void vbroadcastss(Ymm to, Memory from) { out.vector256(BROADCAST, to.number(), 0, from); }

  /// `to = a · b + to`, rounded once.
  void vfmadd231ps(Ymm to, Ymm a, Ymm b) { out.vector256(MULTIPLY_ADD, to.number(), a.number(), b.number()); }

  void vxorps(Ymm to, Ymm a, Ymm b) { out.vector256(XOR_FLOATS, to.number(), a.number(), b.number()); }
}

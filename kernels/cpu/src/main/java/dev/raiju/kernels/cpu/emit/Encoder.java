package dev.raiju.kernels.cpu.emit;

import java.util.Arrays;

/// Machine code as bytes, and the parts that instructions of x86-64 are made of: prefixes, opcode, operand bytes.
///
/// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2.
final class Encoder {
  /// The prefix that is part of an opcode, by its number in the prefixes of vector instructions.
  static final int NONE = 0, X66 = 1, XF3 = 2, XF2 = 3;

  /// The table of an opcode, by its number in the prefixes of vector instructions.
  static final int MAP_0F = 1, MAP_0F38 = 2, MAP_0F3A = 3;

  /// A vector instruction: its opcode, and the bytes of memory that its displacements of one byte count in where vectors have
  /// 512 bits; elsewhere they count in bytes.
  ///
  /// @param wide the bit W
  /// @param bytes what a memory operand has
  record Vector(int map, int prefix, boolean wide, int opcode, int bytes) {}

  private byte[] code = new byte[1024];
  private int size;

  int size() { return size; }

  byte[] code() { return Arrays.copyOf(code, size); }

  void byte1(int value) {
    if (size == code.length) code = Arrays.copyOf(code, 2 * size);
    code[size++] = (byte) value;
  }

  void byte4(int value) {
    for (int shift = 0; shift < 32; shift += 8) byte1(value >>> shift);
  }

  /// Fills in a displacement of 32 bits that counts from its end.
  void patch(int at, int target) {
    int distance = target - (at + 4);
    for (int i = 0; i < 4; i++) code[at + i] = (byte) (distance >>> 8 * i);
  }

  // ---- general instructions: REX, opcode, operands

  void general(boolean wide, int opcode, int reg, Gp rm) {
    rex(wide, reg, false, rm.high());
    byte1(opcode);
    register(reg, rm.ordinal());
  }

  void general(boolean wide, int opcode, int reg, Memory rm) {
    rex(wide, reg, rm.index().isPresent() && rm.index().get().high(), rm.base().high());
    byte1(opcode);
    memory(reg, rm, 1);
  }

  private void rex(boolean wide, int reg, boolean index, boolean base) {
    int bits = (wide ? 8 : 0) | (reg > 7 ? 4 : 0) | (index ? 2 : 0) | (base ? 1 : 0);
    if (bits != 0) byte1(0x40 | bits);
  }

  // ---- vector instructions of 512 bits: EVEX, opcode, operands

  void vector(Vector v, int reg, int second, int rm, Mask mask, boolean zeroing) {
    // a third register's fifth bit takes the place of the index's fourth
    evex(v, reg, second, (rm & 16) != 0, (rm & 8) != 0, mask, zeroing, false);
    register(reg, rm);
  }

  void vector(Vector v, int reg, int second, Memory rm, Mask mask, boolean zeroing, boolean broadcast) {
    evex(v, reg, second, rm.index().isPresent() && rm.index().get().high(), rm.base().high(), mask, zeroing, broadcast);
    memory(reg, rm, broadcast ? 4 : v.bytes());
  }

  private void evex(Vector v, int reg, int second, boolean x, boolean b, Mask mask, boolean zeroing, boolean broadcast) {
    if (zeroing && mask.equals(Mask.NONE)) throw new IllegalArgumentException("assembler: zeroing needs a mask");
    byte1(0x62);
    // register numbers are stored inverted
    byte1(bit(7, (reg & 8) == 0) | bit(6, !x) | bit(5, !b) | bit(4, (reg & 16) == 0) | v.map());
    byte1(bit(7, v.wide()) | (~second & 15) << 3 | 4 | v.prefix());
    int length512 = 2 << 5;
    byte1(bit(7, zeroing) | length512 | bit(4, broadcast) | bit(3, (second & 16) == 0) | mask.number());
    byte1(v.opcode());
  }

  private static int bit(int place, boolean on) { return on ? 1 << place : 0; }

  // ---- vector instructions of 256 bits: VEX, opcode, operands

  void vector256(Vector v, int reg, int second, int rm) {
    vex(v, reg, second, false, rm > 7);
    register(reg, rm);
  }

  void vector256(Vector v, int reg, int second, Memory rm) {
    vex(v, reg, second, rm.index().isPresent() && rm.index().get().high(), rm.base().high());
    memory(reg, rm, 1);
  }

  private void vex(Vector v, int reg, int second, boolean x, boolean b) {
    int length256 = 1 << 2;
    int last = (~second & 15) << 3 | length256 | v.prefix();
    // two bytes say all of an instruction of the first table without the upper halves of memory's registers
    if (v.map() == MAP_0F && !v.wide() && !x && !b) {
      byte1(0xc5);
      byte1(bit(7, reg < 8) | last);
    } else {
      byte1(0xc4);
      byte1(bit(7, reg < 8) | bit(6, !x) | bit(5, !b) | v.map());
      byte1(bit(7, v.wide()) | last);
    }
    byte1(v.opcode());
  }

  // ---- operand bytes

  private void register(int reg, int rm) { byte1(0xc0 | (reg & 7) << 3 | rm & 7); }

  /// @param unit what a displacement of one byte counts in
  private void memory(int reg, Memory m, int unit) {
    int displacement = m.displacement();
    // base 101 without displacement means an address relative to the instruction
    boolean none = displacement == 0 && m.base().low() != 5;
    boolean small = displacement % unit == 0 && (byte) (displacement / unit) == displacement / unit;
    int mode = none ? 0 : small ? 1 : 2;
    // base 100 means that a byte for the index follows
    boolean sib = m.index().isPresent() || m.base().low() == 4;
    byte1(mode << 6 | (reg & 7) << 3 | (sib ? 4 : m.base().low()));
    if (sib) {
      int index = m.index().map(Gp::low).orElse(4);
      byte1(Integer.numberOfTrailingZeros(m.scale()) << 6 | index << 3 | m.base().low());
    }
    if (mode == 1) byte1(displacement / unit);
    if (mode == 2) byte4(displacement);
  }
}

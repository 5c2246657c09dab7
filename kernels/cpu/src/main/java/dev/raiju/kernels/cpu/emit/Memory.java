package dev.raiju.kernels.cpu.emit;

import java.util.Optional;

/// An operand in memory: `[base + index · scale + displacement]`.
///
/// @param scale 1, 2, 4 or 8
record Memory(Gp base, Optional<Gp> index, int scale, int displacement) {
  Memory {
    if (scale != 1 && scale != 2 && scale != 4 && scale != 8)
      throw new IllegalArgumentException("assembler: scale " + scale + "; needs 1, 2, 4 or 8");
    if (index.isPresent() && index.get() == Gp.RSP) throw new IllegalArgumentException("assembler: rsp cannot be an index");
  }

  static Memory at(Gp base) { return at(base, 0); }

  static Memory at(Gp base, int displacement) { return new Memory(base, Optional.empty(), 1, displacement); }

  static Memory at(Gp base, Gp index, int scale) { return new Memory(base, Optional.of(index), scale, 0); }
}

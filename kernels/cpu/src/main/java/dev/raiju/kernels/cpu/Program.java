package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.op.Expr;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/// A formula as a sequence of loops over tiles.
///
/// Slots are numbered: the inputs, then the constants, then registers (spare tiles of a thread), then the output. A formula is
/// compiled once for each combination of input types.
///
/// @param steps the loops, in order
/// @param inputs how many inputs there are
/// @param constants the values of the constant slots
/// @param registers how many spare tiles are needed
/// @param isWide whether slots hold 8 bytes an element, for i64
record Program(List<Step> steps, int inputs, List<Constant> constants, int registers, boolean isWide) {
  // tiles of all slots shall fit into half of a first-level cache
  private static final int CACHE_BYTES = 24 << 10;
  private static final int LEAST = 512;
  private static final int MOST = 4096;

  private static final ConcurrentHashMap<Key, Program> KNOWN = new ConcurrentHashMap<>();

  private record Key(Expr formula, List<DType> types) {}

  /// A number in a formula.
  ///
  /// @param value the number
  /// @param isWhole whether it is used as i64
  record Constant(double value, boolean isWhole) {}

  /// The program of a formula for inputs of the given types.
  static Program of(Expr formula, List<DType> types) {
    Key key = new Key(formula, types);
    Program known = KNOWN.get(key);
    return known != null ? known : KNOWN.computeIfAbsent(key, k -> new Compiler(k.types()).compile(k.formula()));
  }

  /// Slots in all, the output included.
  int slots() { return inputs + constants.size() + registers + 1; }

  int output() { return slots() - 1; }

  private int slotBytes() { return isWide ? 8 : 4; }

  /// The number of elements that one pass over the steps shall take.
  int tile() {
    int held = constants.size() + registers;
    return Math.clamp(CACHE_BYTES / slotBytes() / Math.max(1, held), LEAST, MOST) & -64;
  }

  /// Bytes that a thread needs for constants and registers of tiles of `elements` elements.
  long spare(int elements) { return (constants.size() + registers) * Scratch.padded((long) slotBytes() * elements); }

  /// Places constants and registers from `spare` on, and fills the constants.
  void prepare(Loops loops, long[] slots, long spare, int elements) {
    long bytes = Scratch.padded((long) slotBytes() * elements);
    for (int i = 0; i < constants.size() + registers; i++) slots[inputs + i] = spare + i * bytes;
    for (int i = 0; i < constants.size(); i++) {
      Constant constant = constants.get(i);
      long at = slots[inputs + i];
      if (!constant.isWhole()) loops.fill((float) constant.value(), at, elements);
      else
        for (int k = 0; k < elements; k++) Cells.setLong(at + 8L * k, (long) constant.value());
    }
  }

  /// Runs all steps on a tile of `n` elements.
  void run(Loops loops, long[] slots, int n) {
    for (int i = 0; i < steps.size(); i++) steps.get(i).run(loops, slots, n);
  }
}

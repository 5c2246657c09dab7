package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.emit.Encoder.Vector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// How fast this processor can multiply at best: emitted loops of multiply-adds on registers alone, in chains that do not wait
/// for each other. What benchmarks measure products against.
public final class PeakLoops {
  /// What is multiplied.
  public enum Kind {
    /// `vfmadd231ps`: 16 lanes.
    F32(2 * 16, 0xb8, Encoder.X66),
    /// `vdpbf16ps`: 16 lanes of pairs.
    BF16(2 * 32, 0x52, Encoder.XF3),
    /// `vpdpbusd`: 16 lanes of four.
    INT8(2 * 64, 0x50, Encoder.X66);

    private final int operations;
    private final Vector instruction;

    Kind(int operations, int opcode, int prefix) {
      this.operations = operations;
      this.instruction = new Vector(Encoder.MAP_0F38, prefix, false, opcode, 64);
    }

    /// Whether a processor has the instruction.
    boolean runsOn(CpuFeatures features) {
      return switch (this) {
        case F32 -> features.avx512();
        case BF16 -> features.bf16();
        case INT8 -> features.vnni();
      };
    }
  }

  // more than the latency of any of them times the most that start in a cycle
  private static final int CHAINS = 24;
  private static final int FACTOR = 31;
  // collection of garbage waits for a call: some ten microseconds
  private static final long MOST_ROUNDS = 4096;
  private static final Vector LOAD = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x10, 64);
  private static final Vector STORE = new Vector(Encoder.MAP_0F, Encoder.NONE, false, 0x11, 64);
  private static final Vector XOR = new Vector(Encoder.MAP_0F, Encoder.X66, false, 0xef, 64);

  private final Map<Kind, MemorySegment> functions;

  private PeakLoops(Map<Kind, MemorySegment> functions) { this.functions = functions; }

  /// The loops for this processor: none where no code can be emitted.
  public static PeakLoops here() {
    Emission emission = Emission.here();
    Map<Kind, MemorySegment> functions = new EnumMap<>(Kind.class);
    if (emission.micro().isPresent()) {
      for (Kind kind : Kind.values()) {
        if (kind.runsOn(emission.features())) functions.put(kind, CodeMemory.load(new PosixPages(), code(kind)));
      }
    }
    return new PeakLoops(functions);
  }

  /// Whether there is a loop of this kind.
  public boolean have(Kind kind) { return functions.containsKey(kind); }

  /// Multiplications and additions of a number of rounds.
  public static long operations(Kind kind, long rounds) { return rounds * CHAINS * kind.operations; }

  /// Runs a loop on this thread.
  ///
  /// @throws IllegalArgumentException if there is none of this kind
  public void run(Kind kind, long rounds) { sums(kind, rounds, MemorySegment.ofArray(new byte[64])); }

  /// Runs a loop whose factors are both `factor`, and gives the last call's sums of one chain.
  ///
  /// @param factor 64 bytes
  MemorySegment sums(Kind kind, long rounds, MemorySegment factor) {
    MemorySegment function = Optional.ofNullable(functions.get(kind)).orElseThrow(() -> new IllegalArgumentException("peak: "
        + kind
        + ": no loop for this processor"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment operand = arena.allocate(64, 64).copyFrom(factor);
      MemorySegment result = arena.allocate(64, 64);
      for (long left = rounds; left > 0; left -= MOST_ROUNDS) {
        EmittedCall.run(function, Math.min(left, MOST_ROUNDS), operand.address(), result.address(), 0, 0, 0, 0, 0, 0, 0, 0, 0);
      }
      return MemorySegment.ofArray(result.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /// `f(rounds, factor, result)`: chains begin at zero, each round adds the factor's product with itself to every one.
  private static byte[] code(Kind kind) {
    Encoder out = new Encoder();
    out.vector(LOAD, FACTOR, 0, Memory.at(Gp.RSI), Mask.NONE, false, false);
    for (int i = 0; i < CHAINS; i++) out.vector(XOR, i, i, i, Mask.NONE, false);
    int loop = out.size();
    for (int i = 0; i < CHAINS; i++) out.vector(kind.instruction, i, FACTOR, FACTOR, Mask.NONE, false);
    out.general(true, 0xff, 1, Gp.RDI); // dec
    out.byte1(0x0f); // jnz
    out.byte1(0x85);
    out.byte4(0);
    out.patch(out.size() - 4, loop);
    out.vector(STORE, CHAINS - 1, 0, Memory.at(Gp.RDX), Mask.NONE, false, false);
    out.byte1(0xc5); // vzeroupper
    out.byte1(0xf8);
    out.byte1(0x77);
    out.byte1(0xc3); // ret
    return out.code();
  }
}

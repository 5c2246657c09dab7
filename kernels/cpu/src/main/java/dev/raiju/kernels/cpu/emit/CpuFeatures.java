package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.loops.Cells;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/// The extensions of x86-64 that kernels here may use: those that the processor has and whose registers the system saves.
///
/// @param avx2 vectors of 256 bits
/// @param fma fused multiply-adds of 128 and 256 bits
/// @param avx512 vectors of 512 bits: the parts F, BW, DQ and VL
/// @param bf16 AVX512_BF16: products of pairs of bf16
/// @param vnni AVX512_VNNI: products of four int8
public record CpuFeatures(boolean avx2, boolean fma, boolean avx512, boolean bf16, boolean vnni) {
  /// A processor that has none of them.
  static final CpuFeatures NONE = new CpuFeatures(false, false, false, false, false);

  // what the system saves, in XCR0: vectors of 128 and 256 bits; masks, upper halves of 16 vectors, 16 more vectors
  private static final long YMM = 0b110;
  private static final long ZMM = 0b1110_0110;

  /// The four registers that the instruction answers in.
  record Leaf(int eax, int ebx, int ecx, int edx) {
    static final Leaf ZERO = new Leaf(0, 0, 0, 0);
  }

  /// The instructions `cpuid` and `xgetbv`.
  interface Questions {
    Leaf cpuid(int leaf, int part);

    /// Register XCR0; only to be asked where `cpuid` says that the system uses it.
    long xgetbv();
  }

  /// What the answers mean.
  static CpuFeatures of(Questions cpu) {
    int highest = cpu.cpuid(0, 0).eax();
    Leaf one = cpu.cpuid(1, 0);
    Leaf seven = highest >= 7 ? cpu.cpuid(7, 0) : Leaf.ZERO;
    Leaf more = highest >= 7 && seven.eax() >= 1 ? cpu.cpuid(7, 1) : Leaf.ZERO;
    long saved = bit(one.ecx(), 27) ? cpu.xgetbv() : 0;
    boolean ymm = (saved & YMM) == YMM && bit(one.ecx(), 28);
    boolean zmm = ymm && (saved & ZMM) == ZMM;
    boolean avx512 = zmm && bit(seven.ebx(), 16) && bit(seven.ebx(), 17) && bit(seven.ebx(), 30) && bit(seven.ebx(), 31);
    return new CpuFeatures(ymm && bit(seven.ebx(), 5), ymm && bit(one.ecx(), 12), avx512, avx512 && bit(more.eax(), 5), avx512
        && bit(seven.ecx(), 11));
  }

  private static boolean bit(int word, int place) { return (word >>> place & 1) != 0; }

  /// Asks this processor.
  ///
  /// @throws CodeMemory.RefusedException if the system gives no executable memory
  static CpuFeatures here(CodeMemory.Pages pages) { return of(new Stub(pages)); }

  @Override
  public String toString() {
    List<String> names = new ArrayList<>();
    if (avx2) names.add("avx2");
    if (fma) names.add("fma");
    if (avx512) names.add("avx512");
    if (bf16) names.add("avx512_bf16");
    if (vnni) names.add("avx512_vnni");
    return names.isEmpty() ? "none" : String.join(" ", names);
  }

  /// The two instructions as functions `f(leaf, part, answer)`.
  private record Stub(MethodHandle handle, MemorySegment cpuidCode, MemorySegment xgetbvCode) implements Questions {
    Stub(CodeMemory.Pages pages) {
      Assembler a = new Assembler();
      a.push(Gp.RBX);
      a.mov(Gp.R8, Gp.RDX);
      a.mov(Gp.RAX, Gp.RDI);
      a.mov(Gp.RCX, Gp.RSI);
      a.cpuid();
      a.mov32(Memory.at(Gp.R8), Gp.RAX);
      a.mov32(Memory.at(Gp.R8, 4), Gp.RBX);
      a.mov32(Memory.at(Gp.R8, 8), Gp.RCX);
      a.mov32(Memory.at(Gp.R8, 12), Gp.RDX);
      a.pop(Gp.RBX);
      a.ret();
      a.align(16);
      int second = a.size();
      a.mov(Gp.R8, Gp.RDX);
      a.mov(Gp.RCX, Gp.RDI);
      a.xgetbv();
      a.mov32(Memory.at(Gp.R8), Gp.RAX);
      a.mov32(Memory.at(Gp.R8, 4), Gp.RDX);
      a.ret();
      MemorySegment code = CodeMemory.load(pages, a.code());
      var type = FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
      this(Linker.nativeLinker().downcallHandle(type), code, code.asSlice(second));
    }

    @Override
    public Leaf cpuid(int leaf, int part) {
      try (Arena arena = Arena.ofConfined()) {
        long answer = ask(cpuidCode, leaf, part, arena);
        return new Leaf(Cells.getInt(answer), Cells.getInt(answer + 4), Cells.getInt(answer + 8), Cells.getInt(answer + 12));
      }
    }

    @Override
    public long xgetbv() {
      try (Arena arena = Arena.ofConfined()) {
        return Cells.getLong(ask(xgetbvCode, 0, 0, arena));
      }
    }

    private long ask(MemorySegment code, long leaf, long part, Arena arena) {
      long answer = arena.allocate(16).address();
      try {
        handle.invokeExact(code, leaf, part, answer);
      } catch (Throwable t) {
        throw new IllegalStateException(t);
      }
      return answer;
    }
  }
}

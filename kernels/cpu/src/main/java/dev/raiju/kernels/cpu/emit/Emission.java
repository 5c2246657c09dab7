package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.PairKernels;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// Whether machine code can be emitted here, found out once: a pure function of the processor, of what the system allows, and of a
/// self-test.
///
/// @param features what the processor can do, as far as it could be asked; where code is emitted, what of it is used
/// @param micro makes the micro-kernels from those that do what is not emitted; empty if there are none
/// @param problem why there are none, or an empty string
/// @param surprising whether the processor could run them, so that the problem deserves a line
public record Emission(CpuFeatures features, Optional<Function<MicroKernels, MicroKernels>> micro, String problem,
    boolean surprising) {

  /// What is possible in this process.
  public static Emission here() { return here(Level.BEST); }

  /// What is possible in this process if no more than `level` is used, which must run here as a whole.
  public static Emission here(Level level) { return Here.FOUND.computeIfAbsent(level, Emission::find); }

  private static final class Here {
    static final Map<Level, Emission> FOUND = new ConcurrentHashMap<>();
  }

  private static Emission find(Level level) {
    String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    if (!system.equals("Linux on amd64")) return none(CpuFeatures.NONE, "needs Linux on amd64, this is " + system, false);
    Module module = Emission.class.getModule();
    if (!module.isNativeAccessEnabled()) {
      String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
      return none(CpuFeatures.NONE, "native access is not enabled; start java with --enable-native-access=" + name, true);
    }
    return find(new PosixPages(), level);
  }

  /// What is possible with this memory, on Linux on x86-64.
  static Emission find(CodeMemory.Pages pages, Level level) {
    try {
      return find(pages, level, CpuFeatures.here(pages));
    } catch (CodeMemory.RefusedException e) {
      return none(CpuFeatures.NONE, String.valueOf(e.getMessage()), true);
    }
  }

  /// What is possible with this memory on a processor with these features, which is not asked.
  static Emission find(CodeMemory.Pages pages, Level level, CpuFeatures all) {
    if (!level.runsOn(all)) return none(all, "needs " + level.need() + ", this processor has " + all, false);
    CpuFeatures features = level.of(all);
    try {
      TileCode f32 = TileCode.f32(pages, features.avx512() ? TileShape.AVX512 : TileShape.AVX2);
      Optional<PairKernels> pairs = features.bf16() ? Optional.of(PairCode.load(pages)) : Optional.empty();
      Optional<ScoreCode> scores = features.avx512() ? Optional.of(ScoreCode.load(pages)) : Optional.empty();
      Optional<ByteCode> bytes = features.vnni() ? Optional.of(ByteCode.load(pages)) : Optional.empty();
      Optional<String> wrong = SelfTest.find(f32).or(() -> pairs.flatMap(SelfTest::find)).or(() -> bytes.flatMap(SelfTest::find))
          .or(
              () -> scores.flatMap(SelfTest::find));
      if (wrong.isPresent()) return none(features, "self-test failed: " + wrong.get(), true);
      return new Emission(features, Optional.of(rest -> new EmittedMicroKernels(f32, pairs, bytes, scores, rest)), "", false);
    } catch (CodeMemory.RefusedException e) {
      return none(features, String.valueOf(e.getMessage()), true);
    }
  }

  private static Emission none(CpuFeatures features, String problem, boolean surprising) {
    return new Emission(features, Optional.empty(), problem, surprising);
  }
}

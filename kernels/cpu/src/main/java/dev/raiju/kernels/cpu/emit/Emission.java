package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.emit.TileEmitter.Word;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.PairKernels;
import java.util.Optional;
import java.util.function.Function;

/// Whether machine code can be emitted here, found out once: a pure function of the processor, of what the system allows, and of a
/// self-test.
///
/// @param features what the processor can do, as far as it could be asked
/// @param micro makes the micro-kernels from those that do what is not emitted; empty if there are none
/// @param problem why there are none, or an empty string
/// @param surprising whether the processor could run them, so that the problem deserves a line
public record Emission(CpuFeatures features, Optional<Function<MicroKernels, MicroKernels>> micro, String problem,
    boolean surprising) {

  /// What is possible in this process.
  public static Emission here() { return Here.EMISSION; }

  private static final class Here {
    static final Emission EMISSION = find();
  }

  private static Emission find() {
    String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    if (!system.equals("Linux on amd64")) return none(CpuFeatures.NONE, "needs Linux on amd64, this is " + system, false);
    Module module = Emission.class.getModule();
    if (!module.isNativeAccessEnabled()) {
      String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
      return none(CpuFeatures.NONE, "native access is not enabled; start java with --enable-native-access=" + name, true);
    }
    return find(new PosixPages());
  }

  /// What is possible with this memory, on Linux on x86-64.
  static Emission find(CodeMemory.Pages pages) {
    CpuFeatures features = CpuFeatures.NONE;
    try {
      features = CpuFeatures.here(pages);
      if (!features.avx512()) return none(features, "needs AVX-512, this processor has " + features, false);
      TileCode f32 = TileCode.load(pages, Word.F32);
      Optional<PairKernels> pairs = features.bf16() ? Optional.of(PairCode.load(pages)) : Optional.empty();
      Optional<String> wrong = SelfTest.find(f32).or(() -> pairs.flatMap(SelfTest::find));
      if (wrong.isPresent()) return none(features, "self-test failed: " + wrong.get(), true);
      return new Emission(features, Optional.of(rest -> new EmittedMicroKernels(f32, pairs, rest)), "", false);
    } catch (CodeMemory.RefusedException e) {
      return none(features, String.valueOf(e.getMessage()), true);
    }
  }

  private static Emission none(CpuFeatures features, String problem, boolean surprising) {
    return new Emission(features, Optional.empty(), problem, surprising);
  }
}

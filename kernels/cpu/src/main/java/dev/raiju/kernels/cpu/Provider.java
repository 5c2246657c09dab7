package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.emit.CpuFeatures;
import dev.raiju.kernels.cpu.emit.Emission;
import dev.raiju.kernels.cpu.emit.Level;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.scalar.ScalarLoops;
import dev.raiju.kernels.cpu.scalar.ScalarMicroKernels;
import dev.raiju.kernels.cpu.vector.VectorLoops;
import dev.raiju.kernels.cpu.vector.VectorMicroKernels;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// The innermost code: loops of the Vector API where its module is present, else of plain Java, which is several times slower;
/// products by machine code that is emitted here where processor and system allow it, else by the same means as the loops. All
/// give the same bits in f32.
///
/// @param emitted what the emitted products use of the processor; empty if none are emitted
record Provider(Loops loops, MicroKernels micro, Optional<CpuFeatures> emitted) {
  private static final String PROPERTY = "raiju.cpu.provider";
  private static final String MODULE = "jdk.incubator.vector";
  private static final String FIX = "start java with --add-modules " + MODULE;
  private static final AtomicBoolean WARNED = new AtomicBoolean();
  private static final AtomicBoolean WARNED_OF_REFUSAL = new AtomicBoolean();

  // classes of the vector package are linked when this runs, not before
  static Provider vector() { return new Provider(new VectorLoops(), new VectorMicroKernels(), Optional.empty()); }

  /// That of the Vector API, with plain Java until there was work enough for it.
  static Provider starting() {
    Provider vector = vector();
    Provider plain = scalar();
    return new Provider(new StartingLoops(plain.loops(), vector.loops(), new Start()), new StartingMicroKernels(plain.micro(),
        vector.micro(), new Start()),
        Optional.empty());
  }

  static Provider scalar() { return new Provider(new ScalarLoops(), new ScalarMicroKernels(), Optional.empty()); }

  /// Emitted products over this provider's loops.
  ///
  /// @throws IllegalArgumentException if no code can be emitted here
  Provider emitted(Emission emission) { return emitted(Level.BEST, emission); }

  /// Emitted products of a level over this provider's loops.
  ///
  /// @throws IllegalArgumentException if they cannot run here
  Provider emitted(Level level) { return emitted(level, Emission.here(level)); }

  private Provider emitted(Level level, Emission emission) {
    var products = emission.micro().orElseThrow(() -> new IllegalArgumentException(PROPERTY + ": " + level.label() + ": "
        + emission.problem()));
    return new Provider(loops, products.apply(micro), Optional.of(emission.features()));
  }

  /// What the system property `raiju.cpu.provider` asks for, or what is best here: a pure function of the processor's features,
  /// of what the system allows, and of the property.
  ///
  /// @throws IllegalArgumentException if the property names no provider, or one that cannot run here
  static Provider choose() {
    return switch (System.getProperty(PROPERTY, "")) {
      case "" -> portable(true).best(Emission.here());
      case "best" -> portable(false).best(Emission.here());
      case "scalar" -> scalar();
      case "vector" -> {
        if (!present()) throw new IllegalArgumentException(PROPERTY + ": vector: module " + MODULE + " is missing; " + FIX);
        yield Vectors.provider(false);
      }
      case String other -> portable(false).emitted(Level.named(other).orElseThrow(() -> new IllegalArgumentException(PROPERTY
          + ": no such provider: " + other + "; needs best, emitted, avx512-bf16, avx512, avx2, vector or scalar")));
    };
  }

  /// This provider, with emitted products if there are any.
  Provider best(Emission emission) {
    if (emission.micro().isPresent()) return emitted(emission);
    if (emission.surprising() && !WARNED_OF_REFUSAL.getAndSet(true)) {
      System.err.println("raiju: cpu: " + micro.provider() + " products, since no code can be emitted: " + emission.problem());
    }
    return this;
  }

  /// @param starts whether plain loops are there first; who asks for a provider by name gets it at once, as tests and benchmarks do
  private static Provider portable(boolean starts) {
    // vectors narrower than 128 bits are emulated and slower than plain loops
    if (present()) return Vectors.preferredBits() >= 128 ? Vectors.provider(starts) : scalar();
    if (!WARNED.getAndSet(true)) {
      // one line, where a logger would make two; naming the provider keeps it away
      System.err.println("raiju: cpu: scalar loops, several times slower: module " + MODULE + " is missing; " + FIX);
    }
    return scalar();
  }

  private static boolean present() { return ModuleLayer.boot().findModule(MODULE).isPresent(); }

  /// Linked only once the module is known to be there.
  private static final class Vectors {
    static Provider provider(boolean starts) { return starts ? starting() : vector(); }

    static int preferredBits() { return VectorLoops.preferredBits(); }
  }
}

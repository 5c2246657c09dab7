package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.scalar.ScalarLoops;
import dev.raiju.kernels.cpu.vector.VectorLoops;
import java.util.concurrent.atomic.AtomicBoolean;

/// Chooses the loops: of the Vector API where its module is present, else of plain Java, which are several times slower.
final class Provider {
  private static final String PROPERTY = "raiju.cpu.provider";
  private static final String MODULE = "jdk.incubator.vector";
  private static final String FIX = "start java with --add-modules " + MODULE;
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private Provider() {}

  /// What the system property `raiju.cpu.provider` asks for, or what is best here.
  ///
  /// @throws IllegalArgumentException if the property names no provider, or one that cannot run here
  static Loops choose() {
    return switch (System.getProperty(PROPERTY, "")) {
      case "" -> best();
      case "scalar" -> new ScalarLoops();
      case "vector" -> {
        if (!present()) throw new IllegalArgumentException(PROPERTY + ": vector: module " + MODULE + " is missing; " + FIX);
        yield Vectors.loops();
      }
      case String other -> throw new IllegalArgumentException(PROPERTY + ": no such provider: " + other
          + "; needs vector or scalar");
    };
  }

  private static Loops best() {
    // vectors narrower than 128 bits are emulated and slower than plain loops
    if (present()) return Vectors.preferredBits() >= 128 ? Vectors.loops() : new ScalarLoops();
    if (!WARNED.getAndSet(true)) {
      System.getLogger("dev.raiju.kernels.cpu").log(System.Logger.Level.WARNING,
          "cpu: scalar loops, several times slower: module "
              + MODULE + " is missing; " + FIX);
    }
    return new ScalarLoops();
  }

  private static boolean present() { return ModuleLayer.boot().findModule(MODULE).isPresent(); }

  /// Linked only once the module is known to be there.
  private static final class Vectors {
    static Loops loops() { return new VectorLoops(); }

    static int preferredBits() { return VectorLoops.preferredBits(); }
  }
}

package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.scalar.ScalarMicroKernels;
import dev.raiju.kernels.cpu.vector.VectorMicroKernels;

/// Which code the CPU backend runs: a pure function of the JVM and of the property `raiju.cpu.provider`.
final class Providers {
  /// The providers, by the names that the property takes.
  enum Kind { VECTOR, SCALAR }

  private Providers() {}

  /// What the property `raiju.cpu.provider` asks for, else vectors where the module `jdk.incubator.vector` is there.
  ///
  /// @throws IllegalArgumentException if the property names none, or one that is not there
  static Kind chosen() {
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    String asked = System.getProperty("raiju.cpu.provider", vectors ? "vector" : "scalar");
    return switch (asked) {
      case "vector" -> {
        if (!vectors) {
          throw new IllegalArgumentException(
              "raiju.cpu.provider: vector: this JVM has no module jdk.incubator.vector; add --add-modules jdk.incubator.vector");
        }
        yield Kind.VECTOR;
      }
      case "scalar" -> Kind.SCALAR;
      default -> throw new IllegalArgumentException("raiju.cpu.provider: " + asked + ": needs vector or scalar");
    };
  }

  // a class of the vector package is linked when this line runs, not before
  static MicroKernels microKernels(Kind kind) {
    return switch (kind) {
      case VECTOR -> new VectorMicroKernels();
      case SCALAR -> new ScalarMicroKernels();
    };
  }
}

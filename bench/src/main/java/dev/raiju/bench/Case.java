package dev.raiju.bench;

import dev.raiju.tensor.Device;
import java.util.List;
import java.util.function.Function;

/// A named benchmark.
///
/// @param kinds in which it runs
/// @param heavy whether it takes minutes, so that a glob alone does not mean it
/// @param work what a call does
/// @param builder sets it up
record Case(String name, List<Kind> kinds, boolean heavy, Function<Kind, Work> work, Builder builder) {
  static final List<Kind> FLOATS = List.of(Kind.F32, Kind.BF16);

  /// Sets a case up on a device.
  @FunctionalInterface
  interface Builder {
    /// @throws UnsupportedOperationException if the engine has no such arithmetic
    Task build(Kind kind, Device device);
  }

  /// A case in both float types.
  static Case of(String name, Function<Kind, Work> work, Builder builder) { return new Case(name, FLOATS, false, work, builder); }

  Case kinds(Kind... kinds) { return new Case(name, List.of(kinds), heavy, work, builder); }

  Case heavy(boolean heavy) { return new Case(name, kinds, heavy, work, builder); }

  /// The same under another name, for what peers tell apart and we do not.
  Case named(String name) { return new Case(name, kinds, heavy, work, builder); }
}

package dev.raiju.bench.gpu;

import dev.raiju.tensor.io.Json;
import java.util.List;

/// One kind of thing to find out, in units that do not depend on one another.
///
/// @param name of the part, as results have it
/// @param units in the order of their worth
/// @param isAlone whether each unit needs a process of its own
record Part(String name, List<String> units, boolean isAlone) {
  static final String DEVICE = "device";
  static final String GOLDENS = "goldens";
  static final String CONFORMANCE = "conformance";
  static final String TIMES = "times";
  static final String TRAINING = "training";
  static final String SANITIZER = "sanitizer";
  static final String DEEPER = "conformance, deeper";

  /// The outcome of a unit for which the machine lacks a tool.
  static final String ABSENT = "absent";
  /// That of one that saved what it had when the time was over.
  static final String STOPPED = "stopped";
  static final List<String> UNDONE = List.of(ABSENT, STOPPED);

  Part {
    units = List.copyOf(units);
  }

  /// Finds out one unit; what it says besides is for people.
  @FunctionalInterface
  interface Work {
    /// @return facts, of which `outcome` tells how it ended
    Json.Obj of(String unit) throws Exception;
  }

  static Json.Obj outcome(String word) { return Json.object().with("outcome", word); }
}

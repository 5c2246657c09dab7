package dev.raiju.tensor.backend;

import java.util.List;

/// Switches for finding mistakes, read once from the system property `raiju.debug`: a comma list of `leaks` (remember where
/// every tensor was born and report those never closed) and `poison` (fill freed memory with ones, so that stale reads show).
public final class DebugModes {
  private static final List<String> ON = List.of(System.getProperty("raiju.debug", "").split(","));

  private DebugModes() {}

  public static boolean enabled(String mode) { return ON.contains(mode); }
}

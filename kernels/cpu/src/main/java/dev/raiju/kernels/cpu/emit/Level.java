package dev.raiju.kernels.cpu.emit;

import java.util.Optional;
import java.util.stream.Stream;

/// How much of a processor emitted products use: all of it, or less, so that what older processors run can be tried on a newer one.
public enum Level {
  BEST("emitted", "AVX2 and FMA"),
  AVX2("avx2", "AVX2 and FMA"),
  AVX512("avx512", "AVX-512"),
  AVX512_BF16("avx512-bf16", "AVX-512 with BF16");

  private final String label;
  private final String need;

  Level(String label, String need) {
    this.label = label;
    this.need = need;
  }

  /// The level that the property `raiju.cpu.provider` calls so.
  public static Optional<Level> named(String label) {
    return Stream.of(values()).filter(level -> level.label.equals(label)).findFirst();
  }

  public String label() { return label; }

  /// What a processor must have, in words.
  String need() { return need; }

  /// Whether a processor can run it.
  boolean runsOn(CpuFeatures features) {
    return switch (this) {
      case BEST, AVX2 -> features.avx2() && features.fma();
      case AVX512 -> features.avx512();
      case AVX512_BF16 -> features.bf16();
    };
  }

  /// What of a processor it uses.
  CpuFeatures of(CpuFeatures all) {
    return switch (this) {
      case BEST, AVX512_BF16 -> all;
      case AVX512 -> new CpuFeatures(all.avx2(), all.fma(), true, false, false);
      case AVX2 -> new CpuFeatures(true, true, false, false, false);
    };
  }
}

package dev.raiju.export.cli;

import java.util.Locale;

/// Amounts as people read them.
final class Units {
  private static final String[] BYTES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final String[] FLOPS = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"};
  private static final String[] COUNTS = {"", " thousand", " million", " billion", " trillion"};

  private Units() {}

  /// `1.2 s`, `3 min 05 s`, `2 h 10 min`.
  static String seconds(double seconds) {
    if (seconds < 59.95) return String.format(Locale.ROOT, "%.1f s", seconds);
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
  }

  /// `312 B`, `4.8 MiB`.
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < BYTES.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, BYTES[unit]);
  }

  /// `312 FLOP`, `4.8 GFLOP`.
  static String flops(long flops) {
    double value = flops;
    int unit = 0;
    while (value >= 1000 && unit < FLOPS.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, FLOPS[unit]);
  }

  /// `312`, `4.8 million`.
  static String count(long count) {
    double value = count;
    int unit = 0;
    while (value >= 1000 && unit < COUNTS.length - 1) {
      value /= 1000;
      unit++;
    }
    return unit == 0 ? Long.toString(count) : String.format(Locale.ROOT, "%.1f%s", value, COUNTS[unit]);
  }

  /// `1 file`, `3 files`.
  static String plural(long count, String noun) { return count + " " + noun + (count == 1 ? "" : "s"); }
}

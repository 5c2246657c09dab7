package dev.raiju.bench;

import dev.raiju.tensor.io.Json;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;

/// Arithmetic on results.
final class Numbers {
  // digits of an error that mean something
  private static final MathContext ERROR = new MathContext(3, RoundingMode.HALF_EVEN);

  private Numbers() {}

  /// The middle value, or the mean of the two in the middle.
  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    if (n == 0) throw new IllegalArgumentException("median: of no values");
    return n % 2 == 1 ? sorted.get(n / 2) : (sorted.get(n / 2 - 1) + sorted.get(n / 2)) / 2;
  }

  static double rounded(double value, int digits) {
    return Double.isFinite(value) ? BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue() : value;
  }

  /// An error with three digits; null if it was not measured.
  static Json json(double error) {
    return Double.isFinite(error) ? Json.of(new BigDecimal(error).round(ERROR).doubleValue()) : new Json.Null();
  }
}

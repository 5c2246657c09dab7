package dev.raiju.models.verify;

import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What came out of comparing tensors with a golden file's.
///
/// Two tensors agree if `max|a - b| <= tolerance · max(1e-3, max|b|)`, b being the golden one. NaN and infinities must be where they
/// are in the golden one.
public final class Comparison {
  /// Element by element, norms, rotation, tables.
  public static final double ELEMENTWISE = 1e-5;
  /// Noise levels.
  public static final double LEVELS = 2e-6;
  /// Convolutions, products, attention, one block.
  public static final double PRODUCT = 2e-5;
  /// Whole models.
  public static final double MODEL = 1e-4;
  /// Gradients of whole models, and what is trained with them.
  public static final double GRADIENT = 5e-4;
  /// From text to frames.
  public static final double PIPELINE = 1e-3;
  /// Casts, codes, ids: no difference at all.
  public static final double EXACT = 0;

  private static final double SMALLEST_SCALE = 1e-3;

  private final GoldenFile golden;
  private final List<Entry> entries = new ArrayList<>();

  /// Nothing compared yet.
  public Comparison(GoldenFile golden) { this.golden = golden; }

  /// One compared tensor.
  ///
  /// @param name as in the golden file
  /// @param error `max|a - b| / max(1e-3, max|b|)`, infinite if shapes differ or something is not a number
  /// @param tolerance what the error may be
  public record Entry(String name, double error, double tolerance) {
    public boolean passed() { return error <= tolerance; }

    /// How much of what is allowed was used up.
    double severity() { return tolerance == 0 ? (error == 0 ? 0 : Double.POSITIVE_INFINITY) : error / tolerance; }

    @Override
    public String toString() {
      String limit = tolerance == 0 ? "must be exact" : String.format(Locale.ROOT, "at most %.0e", tolerance);
      return String.format(Locale.ROOT, "%s %.2g (%s)", name, error, limit);
    }
  }

  /// Compares with the golden tensor of this name.
  public void check(String name, Tensor actual, double tolerance) throws ModelFormatException {
    check(name, actual, golden.tensor(name), tolerance);
  }

  /// Compares two tensors, one of them made from golden ones.
  public void check(String name, Tensor actual, Tensor expected, double tolerance) {
    if (!actual.shape().equals(expected.shape())) {
      throw new ShapeException("%s: shape %s; the golden one has %s", name, actual.shape(), expected.shape());
    }
    entries.add(new Entry(name, error(actual.toDoubles(), expected.toDoubles()), tolerance));
  }

  /// Compares numbers with the golden tensor of this name.
  public void check(String name, double[] actual, double tolerance) throws ModelFormatException {
    double[] expected = golden.tensor(name).toDoubles();
    if (actual.length != expected.length)
      throw new ShapeException("%s: %d numbers; the golden tensor has %d", name, actual.length, expected.length);
    entries.add(new Entry(name, error(actual, expected), tolerance));
  }

  /// Compares whole numbers, which must be the same.
  public void check(String name, long[] actual) throws ModelFormatException {
    check(name, Arrays.stream(actual).asDoubleStream().toArray(), EXACT);
  }

  static double error(double[] actual, double[] expected) {
    double scale = SMALLEST_SCALE;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      // equal infinities, and NaN for NaN
      if (Double.compare(actual[i], expected[i]) == 0 || actual[i] == expected[i]) {
        if (Double.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]));
        continue;
      }
      double difference = Math.abs(actual[i] - expected[i]);
      if (!Double.isFinite(difference)) return Double.POSITIVE_INFINITY;
      scale = Math.max(scale, Math.abs(expected[i]));
      worst = Math.max(worst, difference);
    }
    return worst / scale;
  }

  /// Everything that was compared, in that order.
  public List<Entry> entries() { return List.copyOf(entries); }
}

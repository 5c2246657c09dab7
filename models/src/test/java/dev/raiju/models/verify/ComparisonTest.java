package dev.raiju.models.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.raiju.models.Goldens;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
  private static double error(double[] actual, double[] expected) throws IOException {
    try (Scope scope = Scope.open(); GoldenFile golden = Goldens.open("umt5", Device.reference())) {
      Comparison results = new Comparison(golden);
      results.check("x", Tensor.of(actual, actual.length), Tensor.of(expected, expected.length), 1e-3);
      return results.entries().getFirst().error();
    }
  }

  @ParameterizedTest
  @CsvSource({
    // relative to the largest golden value, or to 1e-3 if that is less
    "1, 2, 1, 2, 0", "1, 2.5, 1, 2, 0.25", "1e-6, 0, 2e-6, 0, 1e-3", "0, -4, 0, -5, 0.2",
    // what is no number must be none in both
    "NaN, 1, NaN, 1, 0", "Infinity, 1, Infinity, 1, 0", "NaN, 1, 0, 1, Infinity", "0, 1, NaN, 1, Infinity",
    "Infinity, 1, -Infinity, 1, Infinity", "-0.0, 1, 0.0, 1, 0"})
  void followsTheRule(double a0, double a1, double b0, double b1, double error) throws IOException {
    assertEquals(error, error(new double[] {a0, a1}, new double[] {b0, b1}), 1e-12);
  }

  @Test
  void refusesAnotherShape() {
    assertThrows(ShapeException.class, () -> error(new double[1], new double[2]));
  }
}

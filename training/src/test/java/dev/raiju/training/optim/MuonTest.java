package dev.raiju.training.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.MuonStep;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MuonTest {
  /// The rows of an orthogonal matrix have length 1; five iterations bring singular values to between 0.7 and 1.2.
  @ParameterizedTest
  @CsvSource({"24, 72", "72, 24", "32, 32"})
  void directionsInBf16AreThoseInF32UpToTheirRounding(long rows, long columns) {
    try (Scope scope = Scope.open()) {
      Tensor m = Rng.of(3).normal(Device.best(), rows, columns);
      Tensor wide = MuonStep.orthogonal(m, DType.F32);
      Tensor narrow = MuonStep.orthogonal(m, DType.BF16);
      assertEquals(DType.F32, narrow.dtype());
      double length = Math.sqrt(wide.square().sum().item());
      double apart = Math.sqrt(narrow.sub(wide).square().sum().item());
      // five rounds of three products, each with relative errors of 2^-9 in both factors, amplified by slopes of up to 3.4
      assertTrue(apart > 0 && apart < 0.05 * length, apart + " of " + length);
      double mean = length * length / Math.min(rows, columns);
      assertTrue(mean > 0.5 && mean < 1.5, "mean square of the singular values " + mean);
    }
  }

  @ParameterizedTest
  @CsvSource({"F32", "BF16"})
  void stepsTakeTheTypeThatTheyAreGiven(DType compute) {
    try (Scope scope = Scope.open()) {
      Tensor p = Tensor.of(new double[12], 3, 4).to(DType.F32).to(Device.best());
      Tensor g = Rng.of(5).normal(Device.best(), 3, 4);
      try (Muon muon = new Muon(Map.of("w", p), 0.95, 0, compute)) {
        muon.step(1, 0.1, Map.of("w", g), 1);
        Tensor direction = MuonStep.orthogonal(g, compute).mul(-0.1);
        assertEquals(0, p.sub(direction).abs().max().item(), 1e-3);
        DType other = compute == DType.F32 ? DType.BF16 : DType.F32;
        assertNotEquals(0, MuonStep.orthogonal(g, other).mul(-0.1).sub(direction).abs().max().item());
      }
    }
  }

  /// Several panels of every product, tall, wide and square, in one step.
  @ParameterizedTest
  @CsvSource({"F32, 1e-3", "BF16, 0.05"})
  void aStepOfManyMatricesIsTheOneOfItsDefinition(DType compute, double close) {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      for (int[] size : new int[][] {{100, 70}, {70, 300}, {130, 130}, {33, 1}}) {
        String name = size[0] + " x " + size[1];
        parameters.put(name, Tensor.of(new float[size[0] * size[1]], size[0], size[1]).to(Device.best()));
        gradients.put(name, Rng.of(size[0]).normal(Device.best(), size[0], size[1]));
      }
      try (Muon muon = new Muon(parameters, 0.95, 0, compute)) {
        muon.step(1, 0.1, gradients, 0.5);
      }
      parameters.forEach((name, p) -> {
        double stretch = Math.sqrt(Math.max(1, (double) p.size(0) / p.size(1)));
        Tensor wanted = MuonStep.orthogonal(Objects.requireNonNull(gradients.get(name)), compute).mul(-0.1 * stretch);
        double length = Math.sqrt(wanted.square().sum().item());
        double apart = Math.sqrt(p.sub(wanted).square().sum().item());
        assertTrue(apart <= close * length, name + ": " + apart + " of " + length);
      });
    }
  }
}

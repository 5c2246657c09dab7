package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.MuonStep;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A step of Muon for matrices of several shapes, wide, tall and square, against the definition in f64.
class MuonStepTest {
  // the second and the third share their launches; 33 terms do not fill pieces of 16 bytes
  private static final long[][] SIZES = {{24, 40}, {40, 24}, {40, 24}, {16, 16}, {5, 33}, {136, 8}};

  /// Parameters are small: what counts is how they move.
  private static List<MuonStep.Matrix> matrices(Device device, DType type) {
    List<MuonStep.Matrix> all = new ArrayList<>();
    for (int i = 0; i < SIZES.length; i++) {
      Rng rng = Rng.of(17).stream("matrix " + i);
      List<Tensor> three = new ArrayList<>();
      for (int k = 0; k < 3; k++)
        three.add(rng.normal(Device.named("cpu"), SIZES[i]).mul(k == 0 ? 0.01 : 1).to(Device.reference()).to(type).to(device));
      all.add(new MuonStep.Matrix(three.get(0), three.get(1), three.get(2)));
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource({"F32, 1e-4", "BF16, 0.05"})
  void isThatOfTheDefinition(DType compute, double close) {
    try (Scope scope = Scope.open()) {
      Device device = Device.of(StandIn.backend());
      List<MuonStep.Matrix> found = matrices(device, DType.F32);
      Tensor schedule = Tensor.of(new float[] {0.25f, 0.5f}, 2);
      int launches = StandIn.tell("standInLaunches", 0);
      MuonStep.step(0.9, 0.01, compute, schedule.to(device), found);
      int taken = StandIn.tell("standInLaunches", 0) - launches;
      // five stacks, each with up to nine launches in each of five rounds and a few around them
      assertTrue(taken <= 5 * 50, "" + taken);
      List<MuonStep.Matrix> wanted = matrices(Device.reference(), DType.F64);
      MuonStep.step(0.9, 0.01, DType.F32, schedule.to(Device.reference()), wanted);
      for (int i = 0; i < SIZES.length; i++) {
        assertNear(wanted.get(i).m(), found.get(i).m(), 1e-6, "m " + i);
        assertNear(wanted.get(i).p(), found.get(i).p(), close, "p " + i);
      }
    }
  }

  private static void assertNear(Tensor wanted, Tensor found, double close, String what) {
    double[] a = wanted.toDoubles();
    double[] b = found.toDoubles();
    double apart = 0;
    double length = 0;
    for (int i = 0; i < a.length; i++) {
      apart += (a[i] - b[i]) * (a[i] - b[i]);
      length += a[i] * a[i];
    }
    assertTrue(Math.sqrt(apart) <= close * Math.sqrt(length), what + ": " + Math.sqrt(apart) + " of " + Math.sqrt(length));
  }
}

package dev.raiju.models.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
  private static final Device DEVICE = Device.reference();
  private static final Shape SHAPE = Shape.of(1, 2, 3);

  static Stream<Sampler> samplers() {
    return Stream.of(new Euler(Schedule.flow(5, 3)), new Euler(Schedule.diffusersEuler(5, 3)), new UniPc(Schedule.wanUniPc(5, 3)),
        new UniPc(Schedule.diffusersUniPc(5, 3)), new DpmSolver(Schedule.wanDpm(5, 3)), new DpmSolver(Schedule.diffusersDpm(5,
            3)), FewStep
                .plain(3, 1000, 750, 500, 250), FewStep.warped(3, 1000, 500), new UniPc(Schedule.wanUniPc(1, 1)), new DpmSolver(
                    Schedule.wanDpm(
                        1, 1)), new Euler(Schedule.diffusersEuler(1, 3)), new UniPc(Schedule.wanUniPc(2, 1)));
  }

  /// A network that knows the data: its velocity points there from anywhere.
  private static VelocityModel perfect(Tensor data, Sampler sampler) {
    return (x, timestep) -> {
      Schedule schedule = sampler.schedule();
      int at = 0;
      while (schedule.timestep(at) != timestep) at++;
      return x.sub(data).div(schedule.sigma(at));
    };
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void findsTheDataOfAPerfectNetwork(Sampler sampler) {
    try (Scope scope = Scope.open()) {
      Tensor data = Rng.of(1).normal(DEVICE, SHAPE.sizes());
      Tensor found = sampler.sample(perfect(data, sampler), Noise.seeded(2, SHAPE, DEVICE));
      assertArrayEquals(data.toFloats(), found.toFloats(), 2e-5f);
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void leavesNothingBehindAndTellsOfEveryStep(Sampler sampler) {
    try (Scope scope = Scope.open()) {
      long before = HostMemory.liveBuffers();
      List<Integer> steps = new ArrayList<>();
      Tensor found = sampler.sample((x, _) -> x.mul(0.5), Noise.seeded(2, SHAPE, DEVICE), step -> {
        steps.add(step.index());
        assertEquals(SHAPE, step.denoised().shape());
        assertEquals(sampler.schedule().steps(), step.count());
      });
      assertEquals(before + 1, HostMemory.liveBuffers());
      assertFalse(found.isClosed());
      assertEquals(sampler.schedule().steps(), steps.size());
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void aListenerMayStop(Sampler sampler) {
    long before = HostMemory.liveBuffers();
    try (Scope scope = Scope.open()) {
      assertThrows(CancellationException.class, () -> sampler.sample((x, _) -> x.mul(0.5), Noise.seeded(2, SHAPE, DEVICE), _ -> {
        throw new CancellationException();
      }));
    }
    assertEquals(before, HostMemory.liveBuffers());
  }

  /// How far a sampler ends from the exact solution of `dx/dσ = -x`, from level 0.9 to 0.1.
  private static double error(int steps, Function<Schedule, Sampler> kind) {
    double[] sigmas = new double[steps + 1];
    for (int i = 0; i <= steps; i++) sigmas[i] = 0.9 - 0.8 * i / steps;
    double[] timesteps = Arrays.stream(sigmas).limit(steps).map(s -> 1000 * s).toArray();
    try (Scope scope = Scope.open()) {
      Tensor start = Tensor.of(new double[] {1}, 1);
      Tensor end = kind.apply(Schedule.of(sigmas, timesteps)).sample((x, _) -> x.neg(), _ -> start);
      return Math.abs(end.item() - Math.exp(0.8));
    }
  }

  @Test
  void eulerIsOfFirstOrder() {
    double ratio = error(40, Euler::new) / error(80, Euler::new);
    assertEquals(2, ratio, 0.1);
  }

  @Test
  void uniPcIsOfSecondOrder() {
    double ratio = error(40, UniPc::new) / error(80, UniPc::new);
    assertTrue(ratio > 3.6, "halving the steps divides the error by " + ratio);
    assertTrue(error(40, UniPc::new) < error(40, Euler::new) / 20);
  }

  @Test
  void dpmSolverIsOfSecondOrder() {
    double ratio = error(40, DpmSolver::new) / error(80, DpmSolver::new);
    assertTrue(ratio > 3.4, "halving the steps divides the error by " + ratio);
  }

  @Test
  void guidanceOfOneIsThePromptAlone() {
    VelocityModel prompt = (x, _) -> x;
    assertSame(prompt, VelocityModel.guided(prompt, (_, _) -> { throw new AssertionError("not needed"); }, 1));
  }

  @Test
  void guidanceGoesBeyondThePrompt() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new double[] {2, 3}, 2);
      VelocityModel guided = VelocityModel.guided((t, _) -> t.mul(2), (t, _) -> t, 6);
      assertArrayEquals(new double[] {2 + 6 * 2, 3 + 6 * 3}, guided.velocity(x, 500).toDoubles(), 1e-12);
      VelocityModel none = VelocityModel.guided((t, _) -> t.mul(2), (t, _) -> t, 0);
      assertArrayEquals(new double[] {2, 3}, none.velocity(x, 500).toDoubles(), 1e-12);
    }
  }

  @Test
  void fewStepsAddFreshNoise() {
    try (Scope scope = Scope.open()) {
      List<Integer> drawn = new ArrayList<>();
      Tensor data = Tensor.of(new double[] {0.25}, 1);
      FewStep sampler = FewStep.plain(1, 1000, 500);
      sampler.sample(perfect(data, sampler), index -> {
        drawn.add(index);
        return Tensor.of(new double[] {index + 1}, 1);
      }, step -> {
        if (step.index() == 0) assertEquals(0.5 * 0.25 + 0.5 * 2, step.sample().item(), 1e-6);
      });
      assertEquals(List.of(0, 1), drawn);
    }
  }

  @Test
  void noiseDependsOnSeedAndIndexAlone() {
    try (Scope scope = Scope.open()) {
      Noise noise = Noise.seeded(7, SHAPE, DEVICE);
      float[] second = noise.draw(1).toFloats();
      float[] first = noise.draw(0).toFloats();
      assertArrayEquals(second, Noise.seeded(7, SHAPE, DEVICE).draw(1).toFloats());
      assertFalse(Arrays.equals(first, second));
      assertFalse(Arrays.equals(first, Noise.seeded(8, SHAPE, DEVICE).draw(0).toFloats()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3, 1001})
  void refusesTooFewOrTooManySteps(int steps) {
    String message = assertThrows(IllegalArgumentException.class, () -> Schedule.flow(steps, 3)).getMessage();
    assertEquals("schedule: " + steps + " steps; needs 1 to 1000", message);
  }

  @Test
  void refusesLevelsThatDoNotFall() {
    assertThrows(IllegalArgumentException.class, () -> Schedule.of(new double[] {1, 1, 0}, new double[] {1000, 1000}));
    assertThrows(IllegalArgumentException.class, () -> Schedule.of(new double[] {1, Double.NaN}, new double[] {1000}));
    assertThrows(IllegalArgumentException.class, () -> Schedule.of(new double[] {1.5, 0}, new double[] {1000}));
    assertThrows(IllegalArgumentException.class, () -> Schedule.of(new double[] {1, 0}, new double[] {1000, 500}));
    assertThrows(IllegalArgumentException.class, () -> FewStep.warped(5, 1000, 1200));
    assertThrows(IllegalArgumentException.class, () -> FewStep.warped(5, 250, 500));
  }

  @Test
  void schedulesOfFourStepsAreAsPublished() {
    assertArrayEquals(new double[] {1, .9375, .8333, .625, 0}, Schedule.flow(4, 5).sigmas(), 5e-5);
    assertArrayEquals(new double[] {.9998, .9373, .8331, .6247, 0}, Schedule.wanUniPc(4, 5).sigmas(), 5e-5);
    assertArrayEquals(new double[] {1, .9097, .7173, .0244, 0}, Schedule.diffusersEuler(4, 5).sigmas(), 5e-5);
    assertArrayEquals(new double[] {1, .9376, .8336, .6259, 0}, Schedule.diffusersUniPc(4, 5).sigmas(), 5e-5);
    assertArrayEquals(new double[] {1000, 937.5, 833.3333, 625}, FewStep.warped(5, 1000, 750, 500, 250).schedule().timesteps(),
        1e-3);
  }
}

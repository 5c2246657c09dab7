package dev.raiju.models.sampler;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import java.util.Arrays;

/// The sampler of a distilled network: each step guesses the data and, but for the last, adds fresh noise of the next level. What the
/// last step guesses is the result. Yin et al. 2024, arXiv:2405.14867.
///
/// @param schedule see [#plain] and [#warped]
public record FewStep(Schedule schedule) implements Sampler {
  /// Listed steps as timesteps; their levels are looked up in the shifted table.
  public static FewStep plain(double shift, int... steps) {
    TrainingTable table = TrainingTable.of(shift);
    return of(table, Arrays.stream(steps).asDoubleStream().toArray());
  }

  /// Listed steps mapped through the shifted table, such as 1000, 750, 500, 250 to 1000, 937.5, 833.3, 625 for shift 5: as
  /// Self-Forcing trains and samples.
  public static FewStep warped(double shift, int... steps) {
    TrainingTable table = TrainingTable.of(shift);
    return of(table, Arrays.stream(steps).mapToDouble(table::warped).toArray());
  }

  private static FewStep of(TrainingTable table, double[] timesteps) {
    double[] sigmas = new double[timesteps.length + 1];
    for (int i = 0; i < timesteps.length; i++) sigmas[i] = table.sigma(timesteps[i]);
    return new FewStep(Schedule.of(sigmas, timesteps));
  }

  @Override
  public Run begin(Noise noise) {
    return (i, x, velocity) -> {
      try (Scope scope = Scope.open()) {
        Tensor data = Sampler.denoised(x, velocity, schedule.sigma(i));
        if (i == schedule.steps() - 1) return scope.keep(data);
        return scope.keep(Sampler.noised(data, noise.draw(i + 1), schedule.sigma(i + 1)));
      }
    };
  }
}

package dev.raiju.models.sampler;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;

/// DPM-Solver++, second-order multistep, midpoint form; first order at the first and last step. Lu et al. 2022, arXiv:2211.01095.
///
/// @param schedule [Schedule#wanDpm] or [Schedule#diffusersDpm]
public record DpmSolver(Schedule schedule) implements Sampler {
  @Override
  public Run begin(Noise noise) { return new Steps(); }

  private final class Steps implements Run {
    private final DataHistory history = new DataHistory(1);

    @Override
    public Tensor step(int i, Tensor x, Tensor velocity) {
      try (Scope scope = Scope.open()) {
        Tensor data = Sampler.denoised(x, velocity, schedule.sigma(i));
        double ratio = schedule.sigma(i + 1) / schedule.sigma(i);
        double weight = -(1 - schedule.sigma(i + 1)) * LogSnr.decay(schedule, i, i + 1);
        Tensor next;
        if (i == 0 || i == schedule.steps() - 1) next = Blend.of(ratio, x, weight, data);
        else {
          // half the slope of the data over the last step, carried on; no slope from a step that began at pure noise
          double slope = 0.5 * LogSnr.distance(schedule, i, i + 1) / LogSnr.distance(schedule, i - 1, i);
          next = Blend.of(ratio, x, weight * (1 + slope), data, -weight * slope, history.get(1));
        }
        history.push(data);
        return scope.keep(next);
      }
    }

    @Override
    public void close() { history.close(); }
  }
}

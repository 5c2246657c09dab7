package dev.raiju.models.sampler;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// UniPC of second order, variant B₂, on guesses of the data: each step first corrects the sample with what the network says of
/// it, then predicts the next. Zhao et al. 2023, arXiv:2302.04867.
///
/// @param schedule [Schedule#wanUniPc] or [Schedule#diffusersUniPc]
public record UniPc(Schedule schedule) implements Sampler {
  @Override
  public Run begin(Noise noise) { return new Steps(); }

  private final class Steps implements Run {
    private final DataHistory history = new DataHistory(2);
    /// The sample that the last prediction started from.
    private @Nullable Tensor start;
    private int order;

    @Override
    public Tensor step(int i, Tensor x, Tensor velocity) {
      try (Scope scope = Scope.open()) {
        Tensor data = Sampler.denoised(x, velocity, schedule.sigma(i));
        Tensor corrected = start == null ? x : corrected(i, start, data);
        history.push(data);
        if (start != null) start.close();
        start = corrected.alias();
        order = Math.min(2, Math.min(i + 1, schedule.steps() - i));
        return scope.keep(predicted(i, corrected));
      }
    }

    /// The sample at level `t`, from the one at the level before and from what is now known of the data.
    private Tensor corrected(int t, Tensor from, Tensor data) {
      double alpha = 1 - schedule.sigma(t);
      double ratio = schedule.sigma(t) / schedule.sigma(t - 1);
      double decay = LogSnr.decay(schedule, t - 1, t);
      Tensor before = history.get(1);
      if (order == 1) return Blend.of(ratio, from, -alpha * decay * 0.5, before, -alpha * decay * 0.5, data);
      double h = LogSnr.distance(schedule, t - 1, t);
      double r = -LogSnr.distance(schedule, t - 2, t - 1) / h;
      double phi1 = decay / -h - 1;
      double phi2 = phi1 / -h - 0.5;
      // the two weights add up to b1, and weighted by r and 1 to b2
      double b1 = phi1 / decay;
      double b2 = 2 * phi2 / decay;
      double past = (b1 - b2) / (1 - r);
      double now = b1 - past;
      double scale = -alpha * decay;
      return Blend.of(ratio, from, scale * (1 - past / r - now), before, scale * past / r, history.get(2), scale * now, data);
    }

    private Tensor predicted(int s, Tensor x) {
      double ratio = schedule.sigma(s + 1) / schedule.sigma(s);
      double scale = -(1 - schedule.sigma(s + 1)) * LogSnr.decay(schedule, s, s + 1);
      if (order == 1) return Blend.of(ratio, x, scale, history.get(1));
      double r = -LogSnr.distance(schedule, s - 1, s) / LogSnr.distance(schedule, s, s + 1);
      return Blend.of(ratio, x, scale * (1 - 0.5 / r), history.get(1), scale * 0.5 / r, history.get(2));
    }

    @Override
    public void close() {
      history.close();
      if (start != null) start.close();
    }
  }
}

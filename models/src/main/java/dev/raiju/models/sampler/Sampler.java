package dev.raiju.models.sampler;

import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;

/// Turns noise into data by running a network several times.
///
/// ```java
/// Sampler sampler = UniPc.of(Schedule.wanUniPc(50, 5));
/// VelocityModel model = VelocityModel.guided(withPrompt, withNegativePrompt, 6);
/// Tensor latent = sampler.sample(model, Noise.seeded(7, shape, device), step -> progress.step(step.index()));
/// ```
/// A sampler is a value: all state of a sampling run is in its [Run].
public interface Sampler {
  /// The noise levels it goes through.
  Schedule schedule();

  /// Starts a run. Close it at the end.
  Run begin(Noise noise);

  /// One run of a sampler: what it remembers from step to step.
  interface Run extends AutoCloseable {
    /// The sample after step `index`; steps come in order.
    ///
    /// @param x the sample before
    /// @param velocity what the network says of it
    Tensor step(int index, Tensor x, Tensor velocity);

    @Override
    default void close() {}
  }

  /// A step that was just done.
  ///
  /// @param index from 0
  /// @param count how many there are
  /// @param timestep what the network was told
  /// @param sample the sample after the step
  /// @param denoised what the network took for the data before the step: a preview
  record Step(int index, int count, double timestep, Tensor sample, Tensor denoised) {}

  /// Told after each step; throws to stop.
  @FunctionalInterface
  interface Listener {
    /// Both tensors of the step are closed afterwards: whoever wants one later takes an alias.
    void stepped(Step step);
  }

  /// Samples from beginning to end.
  ///
  /// @param noise draw 0 is the beginning
  default Tensor sample(VelocityModel model, Noise noise, Listener listener) {
    Schedule schedule = schedule();
    try (Scope scope = Scope.open(); Run run = begin(noise)) {
      Tensor x = noise.draw(0);
      for (int i = 0; i < schedule.steps(); i++) {
        Tensor before = x;
        try (Scope inner = Scope.open()) {
          Tensor velocity = model.velocity(before, schedule.timestep(i));
          x = inner.keep(run.step(i, before, velocity));
          Tensor denoised = denoised(before, velocity, schedule.sigma(i));
          listener.stepped(new Step(i, schedule.steps(), schedule.timestep(i), x, denoised));
        }
        // the beginning may belong to the caller
        if (i > 0) before.close();
      }
      return scope.keep(x);
    }
  }

  /// Samples without telling anybody.
  default Tensor sample(VelocityModel model, Noise noise) { return sample(model, noise, _ -> {}); }

  /// The data that a velocity points to: `x - σ · v`.
  static Tensor denoised(Tensor x, Tensor velocity, double sigma) { return Blend.of(1, x, -sigma, velocity); }

  /// Data with noise: `(1 - σ) · data + σ · noise`.
  static Tensor noised(Tensor data, Tensor noise, double sigma) { return Blend.of(1 - sigma, data, sigma, noise); }
}

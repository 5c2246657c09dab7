package dev.raiju.training.loop;

import dev.raiju.autograd.Gradients;
import dev.raiju.autograd.Tape;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import dev.raiju.tensor.op.Concat;
import dev.raiju.tensor.op.SquaredLengths;
import dev.raiju.training.optim.Ema;
import dev.raiju.training.optim.GradientNorm;
import dev.raiju.training.optim.Optimizer;
import dev.raiju.training.optim.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/// Parameters that learn: with their optimisers, learning rate, gradient clipping and, if wanted, an average.
///
/// A step whose loss or gradient is not finite, or a spike, changes nothing and is reported as such. With a [LossScale], gradients are
/// those of the scaled loss, and are brought back by the factor that clips them.
public final class Learner implements AutoCloseable {
  private final Map<String, Tensor> parameters;
  private final List<Optimizer> optimizers;
  private final List<Schedule> schedules;
  private final double clip;
  private final Optional<Ema> average;
  private final Optional<Spikes> spikes;
  private final Optional<LossScale> scale;
  private double rateFactor = 1;
  private long updates;

  /// @param parameters everything that learns
  /// @param optimizers each with parameters of its own; together they have all
  /// @param schedules one for each optimiser
  /// @param clip the longest gradient that is taken as it is
  /// @param decay of the average, 0 for none
  public Learner(Map<String, Tensor> parameters, List<Optimizer> optimizers, List<Schedule> schedules, double clip,
      double decay) {
    this(parameters, optimizers, schedules, clip, decay, 0);
  }

  /// The same with a rule for spikes.
  ///
  /// @param spike a gradient so many times as long as the median of the last ones is left out; 0 for none
  public Learner(Map<String, Tensor> parameters, List<Optimizer> optimizers, List<Schedule> schedules, double clip,
      double decay, double spike) {
    this(parameters, optimizers, schedules, clip, decay, spike, Optional.empty());
  }

  /// The same for gradients in f16.
  ///
  /// @param scale of the losses, which are f32; owned by the learner
  public Learner(Map<String, Tensor> parameters, List<Optimizer> optimizers, List<Schedule> schedules, double clip,
      double decay, double spike, Optional<LossScale> scale) {
    if (optimizers.size() != schedules.size())
      throw new IllegalArgumentException("learner: " + optimizers.size() + " optimisers, " + schedules.size() + " schedules");
    this.parameters = new LinkedHashMap<>(parameters);
    this.optimizers = List.copyOf(optimizers);
    this.schedules = List.copyOf(schedules);
    this.clip = clip;
    this.scale = scale;
    this.spikes = spike > 0 ? Optional.of(new Spikes(spike)) : Optional.empty();
    this.average = decay > 0 ? Optional.of(new Ema(parameters, decay)) : Optional.empty();
  }

  /// What a step did.
  ///
  /// @param loss before it
  /// @param gradientNorm before clipping; 0 if the loss scale was lowered
  /// @param applied whether the parameters moved: false if something was not finite, or a spike
  /// @param rescaled whether they did not since the loss scale had to be lowered, which is no fault of theirs
  public record Outcome(double loss, double gradientNorm, boolean applied, boolean rescaled) {
    public Outcome(double loss, double gradientNorm, boolean applied) { this(loss, gradientNorm, applied, false); }

    /// Whether nothing is wrong with the parameters.
    public boolean isSound() { return applied || rescaled; }
  }

  /// Computes a loss, its gradients, and moves the parameters.
  public Outcome learn(Supplier<Tensor> loss) { return learn(1, _ -> loss.get()); }

  /// The same with the mean of several losses, of which one at a time is in memory: a large batch in parts of one size.
  ///
  /// @param parts how many
  /// @param loss gives them, from 0 on
  public Outcome learn(int parts, IntFunction<Tensor> loss) {
    double factor = scale.map(LossScale::value).orElse(1.0);
    try (Scope scope = Scope.open()) {
      List<Tensor> losses = new ArrayList<>();
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      for (int part = 0; part < parts; part++) {
        try (Scope inner = Scope.open(); Tape tape = Tape.record(parameters.values())) {
          Tensor result = loss.apply(part);
          losses.add(inner.keep(result.reshape(1)));
          Gradients all = tape.gradients(scale.isPresent() ? result.mul(factor) : result, parameters.values());
          parameters.forEach((name, p) -> gradients.merge(name, inner.keep(all.of(p)), (before, more) -> inner.keep(before.add(
              more))));
        }
      }
      losses.add(SquaredLengths.squaredLengths(gradients.values()).to(losses.getFirst().dtype()));
      // the only place of a step where a device is waited for
      double[] measured = Concat.concat(0, losses.toArray(Tensor[]::new)).toDoubles();
      double value = 0;
      for (int part = 0; part < parts; part++) value += measured[part] / parts;
      if (!Double.isFinite(value)) return new Outcome(value, Double.NaN, false);
      double norm = GradientNorm.of(Arrays.copyOfRange(measured, parts, measured.length)) / parts / factor;
      if (!Double.isFinite(norm) && scale.isPresent() && scale.get().overflowed()) return new Outcome(value, 0, false, true);
      Moved moved = apply(gradients, norm, parts * factor);
      scale.ifPresent(s -> {
        if (Double.isFinite(norm)) s.held();
      });
      return new Outcome(value, moved.norm(), moved.applied());
    }
  }

  /// Moves the parameters along gradients computed elsewhere.
  ///
  /// @param norm the length of the mean
  /// @param parts how many gradients were added up, times the loss scale; their mean is what counts
  /// @return the length of the mean; if it is not finite or a spike, nothing moved
  private Moved apply(Map<String, Tensor> gradients, double norm, double parts) {
    if (!Double.isFinite(norm) || spikes.isPresent() && spikes.get().is(norm)) return new Moved(norm, false);
    updates++;
    for (int i = 0; i < optimizers.size(); i++) {
      optimizers.get(i).step(updates, schedules.get(i).rate(updates) * rateFactor, gradients, GradientNorm.clip(norm, clip)
          / parts, average);
    }
    return new Moved(norm, true);
  }

  private record Moved(double norm, boolean applied) {}

  /// How often the parameters have moved.
  public long updates() { return updates; }

  /// The rate of the first optimiser at the present step.
  public double rate() { return schedules.getFirst().rate(updates) * rateFactor; }

  public Map<String, Tensor> parameters() { return parameters; }

  /// The averaged parameters; the parameters themselves if there is no average.
  public Map<String, Tensor> averages() { return average.map(Ema::averages).orElse(parameters); }

  /// Every tensor of the state, names prefixed.
  public Map<String, Tensor> state(String prefix) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    parameters.forEach((name, t) -> state.put(prefix + "parameter." + name, t));
    optimizers.forEach(o -> o.state().forEach((name, t) -> state.put(prefix + "optimizer." + name, t)));
    average.ifPresent(a -> a.averages().forEach((name, t) -> state.put(prefix + "average." + name, t)));
    spikes.ifPresent(s -> state.put(prefix + "recent_norms", s.state()));
    scale.ifPresent(s -> state.put(prefix + "loss_scale", s.state()));
    return state;
  }

  /// Sets the state back.
  ///
  /// @param saved holds what [#state] gave, and perhaps more
  public void restore(String prefix, Map<String, Tensor> saved, long updates, double rateFactor) {
    state(prefix).forEach((name, t) -> {
      try (Scope scope = Scope.open()) {
        Assign.assign(t, Objects.requireNonNull(saved.get(name), "learner: the saved state has no " + name).to(t.device()));
      }
    });
    this.updates = updates;
    this.rateFactor = rateFactor;
  }

  /// The factor on all learning rates: halved after a roll-back.
  public double rateFactor() { return rateFactor; }

  public void rateFactor(double factor) { this.rateFactor = factor; }

  /// Closes optimisers, average and loss scale; the parameters belong to their module.
  @Override
  public void close() {
    optimizers.forEach(Optimizer::close);
    average.ifPresent(Ema::close);
    spikes.ifPresent(Spikes::close);
    scale.ifPresent(LossScale::close);
  }
}

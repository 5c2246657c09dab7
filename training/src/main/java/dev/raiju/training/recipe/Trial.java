package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanTransformer;
import dev.raiju.training.loop.Metrics;
import java.util.function.Supplier;

/// A stage of training in memory, step by step: see [Trials]. The same settings and seed always give the same bits.
public final class Trial implements AutoCloseable {
  private final LearnerStage stage;
  private final Supplier<WanTransformer> averaged;
  private final AutoCloseable others;

  /// @param averaged gives a copy of what is trained, with averaged parameters
  /// @param others goes with the stage
  Trial(LearnerStage stage, Supplier<WanTransformer> averaged, AutoCloseable others) {
    this.stage = stage;
    this.averaged = averaged;
    this.others = others;
  }

  /// How many steps its settings ask for.
  public long steps() { return stage.steps(); }

  /// Takes a step, counted from 1.
  public Metrics step(long number) { return stage.step(number); }

  /// What came out so far: a transformer of its own with the averaged parameters, which is what a chain would write.
  public WanTransformer result() { return averaged.get(); }

  @Override
  public void close() {
    stage.close();
    try {
      others.close();
    } catch (Exception e) {
      throw new IllegalStateException("trial: its models cannot be closed", e);
    }
  }
}

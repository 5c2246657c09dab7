package dev.raiju.training.recipe;

import dev.raiju.models.nn.Module;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.loop.Learner;
import dev.raiju.training.loop.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A stage whose whole state is that of its learners: everything random depends on the seed and the number of the step.
abstract class LearnerStage implements Stage {
  private final String name;
  private final Map<String, Learner> learners = new LinkedHashMap<>();
  private final List<Module<?>> modules = new ArrayList<>();

  LearnerStage(String name) { this.name = name; }

  /// Adds a learner whose state is saved under this name.
  final Learner learner(String label, Learner learner) {
    learners.put(label, learner);
    return learner;
  }

  /// The module with another type for the factors of its products. It shares its parameters, and lives as long as the stage.
  final <M extends Module<M>> M computing(DType compute, M module) {
    M other = module.computing(compute);
    modules.add(other);
    return other;
  }

  /// How many steps it takes in all.
  abstract long steps();

  /// Saves a picture of what the model makes now; nothing by default. It changes no state.
  void sample(Path file) throws IOException {}

  @Override
  public final String name() { return name; }

  @Override
  public final Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    learners.forEach((label, learner) -> tensors.putAll(learner.state(label + ".")));
    return tensors;
  }

  @Override
  public final Json.Obj facts() {
    Json.Obj facts = Json.object();
    for (var entry : learners.entrySet()) {
      facts = facts.with(entry.getKey(), Json.object().with("updates", entry.getValue().updates()).with("rate_factor", entry
          .getValue().rateFactor()));
    }
    return facts;
  }

  @Override
  public final void restore(Map<String, Tensor> tensors, Fields facts) throws IOException {
    for (var entry : learners.entrySet()) restore(entry.getKey(), entry.getValue(), tensors, facts.object(entry.getKey()));
  }

  private static void restore(String label, Learner learner, Map<String, Tensor> tensors, Fields facts)
      throws ModelFormatException {
    learner.restore(label + ".", tensors, facts.integer("updates"), facts.number("rate_factor"));
  }

  @Override
  public final void slowDown(double factor) {
    learners.values().forEach(learner -> learner.rateFactor(learner.rateFactor() * factor));
  }

  @Override
  public void close() {
    learners.values().forEach(Learner::close);
    modules.forEach(Module::close);
  }
}

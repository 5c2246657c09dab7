/// Optimisers, data, training loops, pruning, distillation and evaluation.
@org.jspecify.annotations.NullMarked module dev.raiju.training {
  requires static org.jspecify;
  requires transitive dev.raiju.autograd;
  requires transitive dev.raiju.models;

  exports dev.raiju.training.data;
  exports dev.raiju.training.distill;
  exports dev.raiju.training.eval;
  exports dev.raiju.training.flow;
  exports dev.raiju.training.loop;
  exports dev.raiju.training.optim;
  exports dev.raiju.training.prune;
  exports dev.raiju.training.recipe;
  exports dev.raiju.training.verify;

  provides dev.raiju.models.verify.GoldenChecks with dev.raiju.training.verify.TrainingChecks;
}

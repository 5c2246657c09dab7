/// Optimisers, data, training loops, pruning, distillation and evaluation.
@org.jspecify.annotations.NullMarked module dev.raiju.training {
  requires static org.jspecify;
  requires transitive dev.raiju.autograd;

  exports dev.raiju.training.optim;
}

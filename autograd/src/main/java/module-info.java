/// Gradients by a tape, activation checkpointing, and checks of gradients against finite differences.
@org.jspecify.annotations.NullMarked module dev.raiju.autograd {
  requires static org.jspecify;
  requires transitive dev.raiju.tensor;

  exports dev.raiju.autograd;
}

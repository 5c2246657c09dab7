/// What backends for GPUs share: the choice of kernels for an operation, and their launches.
@org.jspecify.annotations.NullMarked module dev.raiju.kernels.gpu {
  requires static org.jspecify;
  requires transitive dev.raiju.tensor;

  exports dev.raiju.kernels.gpu;
}

/// The CPU backend. Nothing but the provider is for others: ask for `Device.named("cpu")`.
@org.jspecify.annotations.NullMarked module dev.raiju.kernels.cpu {
  requires static org.jspecify;
  requires transitive dev.raiju.tensor;
  // on the class path this module may be missing: only the classes of the vector package touch it, and only after a check
  requires jdk.incubator.vector;

  exports dev.raiju.kernels.cpu;

  provides dev.raiju.tensor.backend.BackendProvider with dev.raiju.kernels.cpu.CpuProvider;
}

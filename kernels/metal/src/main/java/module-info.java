/// The Metal backend. Nothing but the provider is for others: ask for `Device.named("metal")`.
@org.jspecify.annotations.NullMarked module dev.raiju.kernels.metal {
  requires static org.jspecify;
  requires dev.raiju.kernels.gpu;
  requires transitive dev.raiju.tensor;

  exports dev.raiju.kernels.metal;

  provides dev.raiju.tensor.backend.BackendProvider with dev.raiju.kernels.metal.MetalProvider;
}

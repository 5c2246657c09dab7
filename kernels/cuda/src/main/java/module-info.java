/// The CUDA backend. Nothing but the provider is for others: ask for `Device.named("cuda")`.
@org.jspecify.annotations.NullMarked module dev.raiju.kernels.cuda {
  requires static org.jspecify;
  requires dev.raiju.kernels.gpu;
  requires transitive dev.raiju.tensor;

  exports dev.raiju.kernels.cuda;

  provides dev.raiju.tensor.backend.BackendProvider with dev.raiju.kernels.cuda.CudaProvider;
}

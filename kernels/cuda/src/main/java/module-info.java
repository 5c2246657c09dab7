/// The CUDA backend: ask for `Device.named("cuda")`. Beside the provider, what other ways to call the driver implement is for others.
@org.jspecify.annotations.NullMarked module dev.raiju.kernels.cuda {
  requires static org.jspecify;
  requires transitive dev.raiju.kernels.gpu;
  requires transitive dev.raiju.tensor;

  exports dev.raiju.kernels.cuda;
  exports dev.raiju.kernels.cuda.driver;

  uses dev.raiju.kernels.cuda.driver.CudaHost;

  provides dev.raiju.tensor.backend.BackendProvider with dev.raiju.kernels.cuda.CudaProvider;
}

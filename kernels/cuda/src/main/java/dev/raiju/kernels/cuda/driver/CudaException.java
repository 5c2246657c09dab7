package dev.raiju.kernels.cuda.driver;

/// A call of the driver failed. After some failures, such as a kernel that touched memory which is not its own, every later call
/// of the process fails too.
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int OUT_OF_MEMORY = 2;

  private final int code;

  /// @param call what was tried, such as `cuLaunchKernel softmax_f32`
  /// @param code the driver's result, not 0
  /// @param explanation what the driver says of it
  public CudaException(String call, int code, String explanation) {
    super("cuda: " + call + ": " + explanation + " (" + code + ")");
    this.code = code;
  }

  public boolean isOutOfMemory() { return code == OUT_OF_MEMORY; }
}

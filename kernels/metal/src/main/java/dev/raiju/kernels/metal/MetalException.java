package dev.raiju.kernels.metal;

/// Metal refused something, or a kernel failed.
final class MetalException extends RuntimeException {
  private static final long serialVersionUID = 1;

  MetalException(String message) { super(message); }
}

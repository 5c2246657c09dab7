package dev.raiju.kernels.metal;

/// What a device can do, as Metal sums it up (`MTLGPUFamily`).
enum Family {
  /// A14 and M1, the first with products of matrices of 8x8 in simdgroups.
  APPLE_7("simdgroup matrices (M1 or newer)", 1007),
  /// Addresses of buffers among the arguments.
  METAL_3("Metal 3 (macOS 13 or newer)", 5001);

  private final String gives;
  private final long number;

  Family(String gives, long number) {
    this.gives = gives;
    this.number = number;
  }

  String gives() { return gives; }

  long number() { return number; }
}

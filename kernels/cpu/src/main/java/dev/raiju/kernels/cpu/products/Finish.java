package dev.raiju.kernels.cpu.products;

/// What is done to a product once its sums are whole: `c = act(c + bias) · gelu(gate)`, each part optional.
///
/// @param bias the address of a row of f32, or 0
/// @param gelu whether the tanh form of GELU is applied
/// @param gate the address of a matrix of f32 as large as the product, or 0
/// @param gateBytes from a row of the gate to the next
record Finish(long bias, boolean gelu, long gate, long gateBytes) {
  static final Finish NONE = new Finish(0, false, 0, 0);

  static Finish bias(long bias) { return new Finish(bias, false, 0, 0); }

  Finish withGelu() { return new Finish(bias, true, gate, gateBytes); }

  static Finish gate(long gate, long gateBytes) { return new Finish(0, false, gate, gateBytes); }

  /// Finishes the part of the product that begins at `row` and `column` and lies at `c`.
  void apply(MicroKernels micro, long c, long cBytes, long row, long column, int rows, int columns) {
    if (bias != 0) micro.addBias(bias + 4 * column, c, cBytes, rows, columns);
    if (gelu) micro.gelu(c, cBytes, rows, columns);
    if (gate != 0) micro.gate(gate + row * gateBytes + 4 * column, gateBytes, c, cBytes, rows, columns);
  }
}

package dev.raiju.kernels.cpu.emit;

import java.lang.foreign.MemorySegment;

/// The functions of [ScoreEmitter] for f32, in memory.
final class ScoreCode {
  static final int LANES = 16;
  /// What takes the place of a maximum of -∞.
  static final long LEAST = bits(-Float.MAX_VALUE);

  private final MemorySegment[] softmax;
  private final MemorySegment[] gradients;

  private ScoreCode(MemorySegment[] softmax, MemorySegment[] gradients) {
    this.softmax = softmax;
    this.gradients = gradients;
  }

  static ScoreCode load(CodeMemory.Pages pages) {
    Assembler a = new Assembler();
    int[] places = new int[4];
    for (int vectors = 1; vectors <= 2; vectors++) {
      a.align(64);
      places[vectors - 1] = a.size();
      ScoreEmitter.softmax(a, vectors);
      a.align(64);
      places[1 + vectors] = a.size();
      ScoreEmitter.gradients(a, vectors);
    }
    MemorySegment code = CodeMemory.load(pages, a.code());
    return new ScoreCode(new MemorySegment[] {code.asSlice(places[0]), code.asSlice(places[1])}, new MemorySegment[] {
      code.asSlice(places[2]), code.asSlice(places[3])});
  }

  static long bits(float value) { return Float.floatToRawIntBits(value) & 0xffffffffL; }

  /// As [dev.raiju.kernels.cpu.products.MicroKernels#softmax].
  ///
  /// @param width whole vectors
  void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    EmittedCall.run(softmax[width / LANES - 1], s, sBytes, max, sum, factor, Exponential.constants(), keys, bits(scale), LEAST, 0,
        0, 0);
  }

  /// As [dev.raiju.kernels.cpu.products.MicroKernels#scoreGradients].
  ///
  /// @param width whole vectors
  void gradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta) {
    EmittedCall.run(gradients[width / LANES - 1], s, d, bytes, logSumExp, delta, Exponential.constants(), keys, bits(scale), 0, 0,
        0, 0);
  }
}

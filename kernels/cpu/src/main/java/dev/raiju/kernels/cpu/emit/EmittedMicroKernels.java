package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.products.ByteLines;
import dev.raiju.kernels.cpu.products.ForwardingMicroKernels;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.PairKernels;
import dev.raiju.kernels.cpu.products.TileProduct;
import java.util.Optional;

/// Products by emitted code; what is done to their factors and results by other micro-kernels.
final class EmittedMicroKernels extends ForwardingMicroKernels {
  private final TileCode f32;
  private final Optional<PairKernels> pairs;
  private final Optional<ByteCode> bytes;
  private final Optional<ScoreCode> scores;
  private final int narrowest;

  /// @param pairs for the tiles of `f32`, if the processor multiplies pairs of bf16
  /// @param bytes if it multiplies bytes
  /// @param scores if it has vectors of 512 bits
  EmittedMicroKernels(TileCode f32, Optional<PairKernels> pairs, Optional<ByteCode> bytes, Optional<ScoreCode> scores,
      MicroKernels rest) {
    super(rest);
    this.f32 = f32;
    this.pairs = pairs;
    this.bytes = bytes;
    this.scores = scores;
    // the others work on whole vectors of theirs, which may be wider than ours
    this.narrowest = Math.max(f32.shape().lanes(), rest.lanes());
  }

  @Override
  public String provider() { return "emitted"; }

  @Override
  public int lanes() { return f32.shape().lanes(); }

  @Override
  public int tileRows() { return f32.shape().rows(); }

  @Override
  public int panelColumns() { return f32.shape().columns(); }

  @Override
  public int width(int columns) { return columns > narrowest ? panelColumns() : narrowest; }

  @Override
  public boolean exact() { return true; }

  @Override
  public Optional<PairKernels> pairs() { return pairs; }

  @Override
  public TileProduct bytes(ByteLines lines) { return bytes.isPresent() ? bytes.get().of(lines) : super.bytes(lines); }

  @Override
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    f32.multiply(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, rows, columns, depth, add);
  }

  @Override
  public void softmax(long s, long sBytes, int keys, int width, float scale, long max, long sum, long factor) {
    if (scores.isPresent()) scores.get().softmax(s, sBytes, keys, width, scale, max, sum, factor);
    else
      super.softmax(s, sBytes, keys, width, scale, max, sum, factor);
  }

  @Override
  public void scoreGradients(long s, long d, long bytes, int keys, int width, float scale, long logSumExp, long delta) {
    if (scores.isPresent()) scores.get().gradients(s, d, bytes, keys, width, scale, logSumExp, delta);
    else
      super.scoreGradients(s, d, bytes, keys, width, scale, logSumExp, delta);
  }
}

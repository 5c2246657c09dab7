package dev.raiju.kernels.cpu.emit;

import dev.raiju.kernels.cpu.products.ForwardingMicroKernels;
import dev.raiju.kernels.cpu.products.MicroKernels;
import dev.raiju.kernels.cpu.products.PairKernels;
import java.util.Optional;

/// Products by emitted code; what is done to their factors and results by other micro-kernels.
final class EmittedMicroKernels extends ForwardingMicroKernels {
  private final TileCode f32;
  private final Optional<PairKernels> pairs;
  private final int narrowest;

  /// @param pairs for the tiles of `f32`, if the processor multiplies pairs of bf16
  EmittedMicroKernels(TileCode f32, Optional<PairKernels> pairs, MicroKernels rest) {
    super(rest);
    this.f32 = f32;
    this.pairs = pairs;
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
  public void multiply(long a, long rowBytes, long tileBytes, long offsets, long b, long bBytes, long c, long cBytes, int rows,
      int columns, int depth, boolean add) {
    f32.multiply(a, rowBytes, tileBytes, offsets, b, bBytes, c, cBytes, rows, columns, depth, add);
  }
}

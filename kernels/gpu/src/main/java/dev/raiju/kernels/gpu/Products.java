package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import java.util.Optional;

/// Launches of matrix products: on the matrix units where types and alignment allow, in f32 for everything else.
record Products(Gpu gpu) {
  // of products.cu
  private static final int TILE = 64;
  private static final int SHARED_BYTES = 2 * 16 * (TILE + 4) * Float.BYTES;
  // of linear.cu
  private static final int SIDE = 128;
  private static final int STAGES = 3;
  private static final int DEPTH = 32;
  private static final int LINEAR_SHARED_BYTES = 2 * STAGES * SIDE * DEPTH * Short.BYTES;
  // bytes of one asynchronous copy
  private static final int PIECE = 16;
  // the largest count of blocks along the second and third axis of a grid
  private static final int MOST_BLOCKS = 65535;

  private static int tiles(long size, int tile) { return Math.toIntExact((size + tile - 1) / tile); }

  /// `[…, M, K] x […, K, N]` through any strides, axes in front broadcast.
  ///
  /// @param out contiguous
  void matmul(Operand a, Operand b, Operand out) { matmul(a, b, out, DType.F32); }

  /// The same with factors rounded to a compute type.
  private void matmul(Operand a, Operand b, Operand out, DType compute) {
    int rank = out.shape().rank();
    Shape batch = out.shape().slice(0, rank - 2);
    Layout left = a.layout().broadcast(batch.append(a.shape().size(-2), a.shape().size(-1)));
    Layout right = b.layout().broadcast(batch.append(b.shape().size(-2), b.shape().size(-1)));
    Strided axes = Strided.of(front(left, batch), front(right, batch));
    long matrices = batch.elements();
    for (long first = 0; first < matrices; first += MOST_BLOCKS) {
      var arguments = matrix(a, b, Optional.empty(), out).wholes(left.stride(-2), left.stride(-1), right.stride(-2), right.stride(
          -1))
          .numbers(a.code(), b.code(), out.code(), ElementType.code(compute)).numbers(0, axes.rank()).whole(first).axes(axes
              .sizes()).axes(axes.of(0)).axes(axes.of(1));
      launch(out.shape().size(-2), out.shape().size(-1), (int) Math.min(MOST_BLOCKS, matrices - first), arguments);
    }
  }

  /// `a bᵀ` for each of several matrices, through any strides; with a narrow compute type, both factors are rounded to it.
  ///
  /// @param a `[matrices, rows, terms]`
  /// @param b `[matrices, columns, terms]`
  /// @param out `[matrices, rows, columns]`, contiguous
  void linears(Operand a, Operand b, Operand out, DType compute) {
    long terms = a.shape().size(2);
    if (!gpu.hasTables() || compute == DType.F32 || terms * compute.unitBytes() % PIECE != 0 || tiles(b.shape().size(1),
        SIDE) > MOST_BLOCKS) {
      matmul(a, b.under(b.layout().permute(0, 2, 1)), out, compute);
      return;
    }
    try (Narrowed left = new Narrowed(a, compute); Narrowed right = new Narrowed(a.equals(b) ? left.operand : b, compute)) {
      onMatrixUnits(left.operand, right.operand, Optional.empty(), out, false);
    }
  }

  private static Layout front(Layout layout, Shape batch) {
    long[] strides = new long[batch.rank()];
    for (int i = 0; i < strides.length; i++) strides[i] = layout.stride(i);
    return Layout.of(batch, strides, 0);
  }

  private static Arguments matrix(Operand a, Operand b, Optional<Operand> bias, Operand out) {
    return new Arguments().whole(out.shape().size(-2)).whole(out.shape().size(-1)).whole(a.shape().size(-1)).data(a).data(b)
        .whole(bias
            .map(Operand::address).orElse(0L)).data(out);
  }

  private void launch(long rows, long columns, int matrices, Arguments arguments) {
    gpu.launch("products", "matrix_product", new Grid(tiles(rows, TILE), tiles(columns, TILE), matrices, Gpu.THREADS),
        SHARED_BYTES,
        arguments);
  }

  /// `out = act(x wᵀ + bias)`, all contiguous; with a narrow compute type, both factors are rounded to it.
  ///
  /// @param x `[rows, terms]`
  /// @param w `[columns, terms]`, of a float or block type
  /// @param out `[rows, columns]`
  /// @param gelu whether the tanh form of GELU follows
  void linear(Operand x, Operand w, Optional<Operand> bias, Operand out, DType compute, boolean gelu) {
    if (w.type().isBlock() && !w.type().isPacked() && gpu.unpacksInProducts()) {
      ofBlocks(x, w, bias, out, compute, gelu);
      return;
    }
    if (w.type().isBlock()) {
      DType plain = compute == DType.F32 ? DType.F32 : compute;
      try (DeviceBuffer wide = gpu.allocate(plain.bytes(w.elements()))) {
        Operand unpacked = Operand.of(wide.address(), plain, w.shape());
        new BlockKernels.Blocks(gpu, w.type()).dequantize(w, unpacked);
        linear(x, unpacked, bias, out, compute, gelu);
      }
      return;
    }
    DType factors = compute != DType.F32 ? compute : x.type() == w.type() ? x.type() : DType.F32;
    if (!gpu.hasMatrixUnits() || factors == DType.F32 || x.shape().size(-1) * factors.unitBytes() % PIECE != 0 || tiles(out
        .shape().size(-1),
        SIDE) > MOST_BLOCKS) {
      inFloats(x, w, bias, out, compute, gelu);
      return;
    }
    try (Narrowed narrowX = new Narrowed(x, factors); Narrowed narrowW = new Narrowed(w, factors)) {
      onMatrixUnits(narrowX.operand, narrowW.operand, bias, out, gelu);
    }
  }

  /// The weights unpacked as they are read, sums in f32.
  private void ofBlocks(Operand x, Operand w, Optional<Operand> bias, Operand out, DType compute, boolean gelu) {
    DType type = w.type();
    long rows = out.shape().size(-2);
    long columns = out.shape().size(-1);
    gpu.launch("products", "linear_blocks", new Grid(tiles(rows, TILE), tiles(columns, TILE), 1, Gpu.THREADS), SHARED_BYTES,
        new Arguments().whole(rows).whole(columns).whole(x.shape().size(-1)).data(x).data(w).whole(bias.map(Operand::address)
            .orElse(
                0L)).data(out).numbers(x.code(), out.code(), ElementType.code(compute)).flag(gelu).numbers(ElementType.code(type
                    .scaleType()), type.codeBits(), type.unit(), 0));
  }

  private void inFloats(Operand x, Operand w, Optional<Operand> bias, Operand out, DType compute, boolean gelu) {
    long terms = x.shape().size(-1);
    launch(out.shape().size(-2), out.shape().size(-1), 1, matrix(x, w, bias, out).wholes(terms, 1, 1, terms).numbers(x.code(), w
        .code(), out.code(), ElementType.code(compute)).numbers(gelu ? 1 : 0, 0).whole(0).axes().axes().axes());
  }

  /// Of matrices, or of one for each index of an axis in front.
  private void onMatrixUnits(Operand x, Operand w, Optional<Operand> bias, Operand out, boolean gelu) {
    long rows = out.shape().size(-2);
    long columns = out.shape().size(-1);
    long terms = x.shape().size(-1);
    int matrices = out.shape().rank() == 3 ? Math.toIntExact(out.shape().size(0)) : 1;
    String kernel = "linear_" + x.type().label() + "_" + out.type().label();
    gpu.launch("linear", kernel, new Grid(tiles(rows, SIDE), tiles(columns, SIDE), matrices, Gpu.THREADS), LINEAR_SHARED_BYTES,
        new Arguments().whole(rows).whole(columns).whole(terms).data(x).data(w).whole(bias.map(Operand::address).orElse(0L)).data(
            out).whole(gelu ? 1 : 0).wholes(rows * terms, columns * terms, rows * columns));
  }

  /// A factor in the type of the matrix units, at a place from which pieces can be copied: itself, or a copy.
  private final class Narrowed implements AutoCloseable {
    private final Operand operand;
    private final Optional<DeviceBuffer> copy;

    Narrowed(Operand x, DType type) {
      if (x.type() == type && x.address() % PIECE == 0 && x.layout().isContiguous()) {
        operand = x;
        copy = Optional.empty();
        return;
      }
      DeviceBuffer buffer = gpu.allocate(type.bytes(x.elements()));
      operand = Operand.of(buffer.address(), type, x.shape());
      copy = Optional.of(buffer);
      if (x.type() == type) new Moving(gpu).copy(x, operand);
      else
        new Moving(gpu).cast(x, operand);
    }

    @Override
    public void close() { copy.ifPresent(DeviceBuffer::close); }
  }
}

package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlaces;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;
import java.util.Optional;

/// `x · wᵀ + b`: weights of any type become f32 while they are packed, the bias is added in the cache.
///
/// @param compute the type that both factors are rounded to
record LinearKernel(Products products, DType compute) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) {
    return switch (index) {
      case 0 -> rows(layout).isPresent();
      case 1 -> true;
      default -> layout.isContiguous();
    };
  }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor x = in.get(0);
    Tensor y = out.getFirst();
    if (y.shape().elements() == 0) return;
    Tensor w = in.get(1);
    try (Row bias = Row.of(products.micro(), bias(in))) {
      products.run(new Product(left(x, compute), weight(w, compute), y.address(), y.dtype(), rowCount(y), Math.toIntExact(y.size(
          -1)), Math.toIntExact(x.size(-1)), Finish.bias(bias.address())), w);
    }
  }

  @Override
  public List<Long> scratch(List<Tensor> in, List<Tensor> out) {
    if (out.getFirst().shape().elements() == 0) return List.of();
    return Row.needs(bias(in)).with(products.needs(sized(in, out), in.get(1))).blocks();
  }

  @Override
  public List<Form> forms(List<Tensor> in, List<Tensor> out) {
    return out.getFirst().shape().elements() == 0 ? List.of() : products.forms(sized(in, out), 1, in.get(1));
  }

  private Product sized(List<Tensor> in, List<Tensor> out) {
    Tensor y = out.getFirst();
    return Product.sized(Factor.sized(in.get(0).dtype(), compute), Factor.sized(in.get(1).dtype(), compute), y.dtype(),
        rowCount(y), y.size(-1), in.getFirst().size(-1));
  }

  private static Optional<Tensor> bias(List<Tensor> in) { return in.size() > 2 ? Optional.of(in.get(2)) : Optional.empty(); }

  /// The rows of an input whose leading axes are one in memory.
  static Optional<Layout> rows(Layout x) {
    long depth = x.shape().size(-1);
    return depth == 0 ? Optional.of(Layout.contiguous(Shape.of(0, 0))) : x.reshape(Shape.of(x.shape().elements() / depth, depth));
  }

  static int rowCount(Tensor y) { return Math.toIntExact(y.shape().elements() / y.size(-1)); }

  static Factor left(Tensor x, DType compute) {
    Layout rows = rows(x.layout()).orElseThrow();
    return Factor.of(x.address(), x.dtype(), rows.stride(0), rows.stride(1)).rounded(compute);
  }

  /// A weight `[out, in]`: its rows are the columns of the right factor.
  static Factor weight(Tensor w, DType compute) {
    if (w.dtype().isBlock()) return Factor.of(BlockPlaces.of(w), w.layout().stride(0)).rounded(compute);
    return Factor.of(w.address(), w.dtype(), w.layout().stride(0), w.layout().stride(1)).rounded(compute);
  }
}

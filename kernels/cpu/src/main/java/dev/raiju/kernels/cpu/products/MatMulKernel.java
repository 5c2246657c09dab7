package dev.raiju.kernels.cpu.products;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;
import java.util.Optional;

/// `[…, M, K] x […, K, N]`: factors in any layout, since packing reads any.
record MatMulKernel(Products products) implements Kernel {
  @Override
  public boolean takes(int index, Layout layout) { return true; }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Tensor a = in.get(0);
    Tensor b = in.get(1);
    Tensor c = out.getFirst();
    if (c.shape().elements() == 0) return;
    Optional<Layout> rows = b.rank() == 2 ? joined(a) : Optional.empty();
    if (rows.isPresent()) products.run(product(a, rows.get(), b, c));
    else
      each(a, b, c);
  }

  @Override
  public List<Long> scratch(List<Tensor> in, List<Tensor> out) {
    Tensor a = in.get(0);
    Tensor c = out.getFirst();
    if (c.shape().elements() == 0) return List.of();
    long columns = c.size(-1);
    Factor left = Factor.sized(a.dtype(), DType.F32);
    Factor right = Factor.sized(in.get(1).dtype(), DType.F32);
    if (in.get(1).rank() == 2 && joined(a).isPresent()) {
      return products.needs(Product.sized(left, right, c.dtype(), c.shape().elements() / columns, columns, a.size(-1))).blocks();
    }
    int count = Math.toIntExact(c.shape().elements() / c.size(-2) / columns);
    return products.needs(count, Product.sized(left, right, c.dtype(), c.size(-2), columns, a.size(-1))).blocks();
  }

  /// The rows of all matrices as those of one, where they lie at equal distances.
  private static Optional<Layout> joined(Tensor a) {
    long depth = a.size(-1);
    return depth == 0 ? Optional.empty() : a.layout().reshape(Shape.of(a.shape().elements() / depth, depth));
  }

  private static Product product(Tensor a, Layout rows, Tensor b, Tensor c) {
    Factor left = Factor.of(a.address(), a.dtype(), rows.stride(0), rows.stride(1));
    return new Product(left, right(b), c.address(), c.dtype(), Math.toIntExact(rows.shape().size(0)), Math.toIntExact(c.size(-1)),
        Math.toIntExact(a.size(-1)), Finish.NONE);
  }

  private static Factor right(Tensor b) {
    return Factor.of(b.address(), b.dtype(), b.layout().stride(-1), b.layout().stride(-2));
  }

  private void each(Tensor a, Tensor b, Tensor c) {
    int m = Math.toIntExact(c.size(-2));
    int n = Math.toIntExact(c.size(-1));
    int k = Math.toIntExact(a.size(-1));
    Shape batch = c.shape().slice(0, c.rank() - 2);
    Factor left = Factor.of(a.address(), a.dtype(), a.layout().stride(-2), a.layout().stride(-1));
    Factor right = right(b);
    Places as = Places.of(a.layout(), batch);
    Places bs = Places.of(b.layout(), batch);
    products.run(Math.toIntExact(batch.elements()), i -> new Product(left.from(as.of(i)), right.from(bs.of(i)), c.address()
        + (long) c
            .dtype().unitBytes() * m * n * i, c.dtype(), m, n, k, Finish.NONE));
  }
}

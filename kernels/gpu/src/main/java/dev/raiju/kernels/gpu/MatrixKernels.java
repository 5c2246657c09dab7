package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import java.util.List;
import java.util.Optional;

/// Matrix products and what is made of them.
final class MatrixKernels {
  private MatrixKernels() {}

  record MatMul(Gpu gpu) implements Kernel {
    @Override
    public boolean takes(int index, Layout layout) { return true; }

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      if (out.getFirst().shape().elements() == 0) return;
      new Products(gpu).matmul(Operand.of(in.get(0)), Operand.of(in.get(1)), Operand.of(out.getFirst()));
    }
  }

  /// All axes but the last as one.
  private static Operand rows(Operand x) {
    Shape shape = x.shape();
    long rows = shape.slice(0, shape.rank() - 1).elements();
    return Operand.of(x.address(), x.type(), Shape.of(rows, shape.size(-1)));
  }

  record Linear(Gpu gpu, DType compute) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Optional<Operand> bias = in.size() > 2 ? Optional.of(Operand.of(in.get(2))) : Optional.empty();
      new Products(gpu).linear(rows(Operand.of(in.get(0))), Operand.of(in.get(1)), bias, rows(Operand.of(out.getFirst())),
          compute,
          false);
    }
  }

  /// `linear₂(gelu(linear₁(x)))`, or gated `linear₂(linear₁(x) · gelu(gate(x)))`.
  record FeedForward(Gpu gpu, boolean gated, DType compute) implements Kernel {
    private static final Expr GATED = Expr.in(0).mul(Elementwise.geluTanh(Expr.in(1)));

    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Operand x = rows(Operand.of(in.get(0)));
      Operand y = rows(Operand.of(out.getFirst()));
      Shape inside = Shape.of(x.shape().size(0), in.get(1).size(0));
      try (DeviceBuffer first = hidden(x, inside)) {
        Operand hidden = Operand.of(first.address(), x.type(), inside);
        if (gated) gate(in, x, hidden);
        else
          new Products(gpu).linear(x, Operand.of(in.get(1)), Optional.of(Operand.of(in.get(2))), hidden, compute, true);
        Operand w2 = Operand.of(in.get(3));
        Optional<Operand> b2 = gated ? Optional.empty() : Optional.of(Operand.of(in.get(4)));
        new Products(gpu).linear(hidden, w2, b2, y, compute, false);
      }
    }

    private void gate(List<Tensor> in, Operand x, Operand hidden) {
      try (DeviceBuffer second = hidden(x, hidden.shape())) {
        Operand gate = Operand.of(second.address(), x.type(), hidden.shape());
        new Products(gpu).linear(x, Operand.of(in.get(2)), Optional.empty(), hidden, compute, false);
        new Products(gpu).linear(x, Operand.of(in.get(1)), Optional.empty(), gate, compute, false);
        FormulaKernel.run(gpu, GATED, List.of(hidden, gate), hidden);
      }
    }

    private DeviceBuffer hidden(Operand x, Shape inside) { return gpu.allocate(x.type().bytes(inside.elements())); }
  }
}

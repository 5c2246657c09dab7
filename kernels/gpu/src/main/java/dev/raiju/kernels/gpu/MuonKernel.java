package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.MuonStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Steps of Muon: matrices of one shape lie in a stack and share every launch, so that many small ones fill the device.
///
/// With the shorter side first, `y = x xᵀ`, `z = B y + C y²` and `x ← A x + z x`; a tall matrix is turned when it is scaled, and
/// turned back by the last round.
record MuonKernel(Gpu gpu, MuonStep op) implements Kernel {
  /// Elements of a stack: three of this size are needed, and matrices of so many keep a device busy.
  private static final long MOST_ELEMENTS = 1L << 26;
  // the largest count of blocks along the third axis of a grid
  private static final int MOST_MATRICES = 65535;
  private static final Expr SCALED = Expr.in(0).div(Expr.in(1).apply(Expr.UnaryFunction.SQRT).add(MuonStep.EPS));
  private static final Expr QUADRATIC = Expr.in(0).mul(MuonStep.B).add(Expr.in(1).mul(MuonStep.C));
  private static final Expr NEXT = Expr.in(0).mul(MuonStep.A).add(Expr.in(1));

  /// A matrix that learns.
  private record Matrix(Operand p, Operand m, Operand g) {}

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    Operand schedule = Operand.of(in.getFirst());
    Map<Shape, List<Matrix>> alike = new LinkedHashMap<>();
    for (int i = 1; i < in.size(); i += 3) {
      Matrix matrix = new Matrix(Operand.of(in.get(i)), Operand.of(in.get(i + 1)), Operand.of(in.get(i + 2)));
      if (matrix.p.elements() > 0) alike.computeIfAbsent(matrix.p.shape(), _ -> new ArrayList<>()).add(matrix);
    }
    alike.forEach((shape, matrices) -> {
      int most = Math.clamp(MOST_ELEMENTS / shape.elements(), 1, MOST_MATRICES);
      for (int first = 0; first < matrices.size(); first += most)
        step(schedule, shape, matrices.subList(first, Math.min(matrices.size(), first + most)));
    });
  }

  private void step(Operand schedule, Shape shape, List<Matrix> matrices) {
    int count = matrices.size();
    try (DeviceBuffer memory = floats(count * shape.elements()); DeviceBuffer lengths = floats(count)) {
      Operand gathered = f32(memory, Shape.of(count, shape.size(0), shape.size(1)));
      try (TensorTable table = new TensorTable(gpu, rows(matrices, gathered))) {
        gpu.launch(UpdateKernels.FILE, "muon_momentum", table.grid(gpu), 0, arguments(table, schedule, shape));
        LengthKernel.squaredLengths(gpu, table, DType.F32.label(), lengths.address());
        orthogonalize(gathered, f32(lengths, Shape.of(count, 1, 1)));
        gpu.launch(UpdateKernels.FILE, "muon_apply", table.grid(gpu), 0, arguments(table, schedule, shape));
      }
    }
  }

  /// What each matrix makes orthogonal comes first: its length is measured.
  private static List<List<Operand>> rows(List<Matrix> matrices, Operand gathered) {
    List<List<Operand>> rows = new ArrayList<>();
    for (int i = 0; i < matrices.size(); i++) {
      Matrix matrix = matrices.get(i);
      long at = gathered.address() + i * matrix.p.elements() * Float.BYTES;
      rows.add(List.of(Operand.of(at, DType.F32, matrix.p.shape()), matrix.m, matrix.g, matrix.p));
    }
    return rows;
  }

  private Arguments arguments(TensorTable table, Operand schedule, Shape shape) {
    double stretch = Math.sqrt(Math.max(1, (double) shape.size(0) / shape.size(1)));
    return table.arguments().data(schedule).real(op.beta()).real(op.weightDecay()).real(stretch).real(0);
  }

  /// Every matrix of a stack in place.
  ///
  /// @param lengths their squares, each `[1, 1]`
  private void orthogonalize(Operand stack, Operand lengths) {
    boolean tall = stack.shape().size(1) > stack.shape().size(2);
    Operand wide = tall ? turned(stack) : stack;
    long count = stack.shape().size(0);
    long side = wide.shape().size(1);
    try (DeviceBuffer xs = floats(stack.elements());
        DeviceBuffer products = floats(stack.elements());
        DeviceBuffer ys = floats(
            count * side * side);
        DeviceBuffer zs = floats(count * side * side)) {
      Operand x = f32(xs, wide.shape());
      Operand product = f32(products, wide.shape());
      Operand y = f32(ys, Shape.of(count, side, side));
      Operand z = f32(zs, y.shape());
      FormulaKernel.run(gpu, SCALED, List.of(wide, lengths), x);
      for (int round = 1; round <= MuonStep.ROUNDS; round++) {
        multiply(x, x, y);
        // y is symmetric, and so is z
        multiply(y, y, z);
        FormulaKernel.run(gpu, QUADRATIC, List.of(y, z), z);
        multiply(z, turned(x), product);
        boolean last = round == MuonStep.ROUNDS;
        if (last) FormulaKernel.run(gpu, NEXT, tall ? List.of(turned(x), turned(product)) : List.of(x, product), stack);
        else FormulaKernel.run(gpu, NEXT, List.of(x, product), x);
      }
    }
  }

  private void multiply(Operand a, Operand b, Operand out) { new Products(gpu).linears(a, b, out, op.compute()); }

  private static Operand turned(Operand stack) { return stack.under(stack.layout().permute(0, 2, 1)); }

  private DeviceBuffer floats(long count) { return gpu.allocate(count * Float.BYTES); }

  private static Operand f32(DeviceBuffer memory, Shape shape) {
    return new Operand(memory.address(), DType.F32, Layout.contiguous(shape));
  }
}

package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.op.Expr;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Runs a formula over every element; the inputs may lie in any way.
record FormulaKernel(Gpu gpu, FormulaProgram program) implements Kernel {
  private static final String FILE = "formula";
  private static final int ELEMENTS_PER_THREAD = 4;

  static Optional<Kernel> of(Gpu gpu, Expr formula, List<DType> types) {
    if (!types.stream().allMatch(ElementType::isComputed)) return Optional.empty();
    return FormulaProgram.compile(formula, types).map(program -> new FormulaKernel(gpu, program));
  }

  /// A formula over operands whose types it is known to take.
  ///
  /// @param out contiguous; may be one of the inputs, if that lies as it does
  static void run(Gpu gpu, Expr formula, List<Operand> in, Operand out) {
    var program = FormulaProgram.compile(formula, in.stream().map(Operand::type).toList()).orElseThrow();
    new FormulaKernel(gpu, program).run(in, out);
  }

  @Override
  public boolean takes(int index, Layout layout) { return true; }

  @Override
  public void run(List<Tensor> in, List<Tensor> out) {
    run(in.stream().map(Operand::of).toList(), Operand.of(out.getFirst()));
  }

  /// @param out contiguous
  void run(List<Operand> in, Operand out) {
    Shape shape = out.shape();
    Layout[] layouts = in.stream().map(x -> x.layout().broadcast(shape)).toArray(Layout[]::new);
    Strided axes = layouts.length == 0 ? Strided.of(Layout.contiguous(shape)) : Strided.of(layouts);
    boolean isFlat = axes.rank() == 0 || axes.rank() == 1;
    var arguments = new Arguments().whole(out.elements()).data(out).number(out.code()).flag(program.resultIsWhole()).number(
        program
            .result()).number(axes.rank()).flag(isFlat).number(program.steps().size()).axes(axes.sizes());
    for (int i = 0; i < FormulaProgram.MOST_INPUTS; i++) arguments.whole(i < in.size() ? in.get(i).address() : 0);
    for (int i = 0; i < FormulaProgram.MOST_INPUTS; i++) arguments.number(i < in.size() ? in.get(i).code() : 0);
    for (int i = 0; i < FormulaProgram.MOST_INPUTS; i++) {
      long[] strides = Arrays.copyOf(i < in.size() ? axes.of(i) : new long[0], Arguments.AXES);
      // the kernel finds the one stride of a flat input in the last place
      if (isFlat) strides[Arguments.AXES - 1] = strides[0];
      arguments.axes(strides);
    }
    for (int i = 0; i < FormulaProgram.MOST_CONSTANTS; i++)
      arguments.whole(i < program.constants().size() ? program.constants().get(i) : 0);
    for (int i = 0; i < FormulaProgram.MOST_STEPS; i++) arguments.whole(i < program.steps().size() ? program.steps().get(i) : 0);
    long threads = (out.elements() + ELEMENTS_PER_THREAD - 1) / ELEMENTS_PER_THREAD;
    gpu.launch(FILE, program.usesWholes() ? "formula_any" : "formula_float", threads, arguments);
  }
}

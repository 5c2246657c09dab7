package dev.raiju.kernels.gpu;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.Kernel;
import java.util.List;
import java.util.stream.Stream;

/// Block types, to and from.
final class BlockKernels {
  private BlockKernels() {}

  /// Launches of the kernels in `blocks.cu` for one block type.
  record Blocks(Gpu gpu, DType type) {
    private static final String FILE = "blocks";
    // by the numbers that they have there
    private static final List<DType> PACKED = Stream.of(DType.values()).filter(DType::isPacked).toList();

    private Arguments groups(long groups, Operand in, Operand out, Operand plain) {
      int kind = type.isPacked() ? PACKED.indexOf(type) : ElementType.code(type.scaleType());
      return new Arguments().whole(groups).data(in).data(out).number(plain.code()).number(kind).number(type.codeBits()).number(
          type
              .unit());
    }

    void quantize(Operand plain, Operand blocks) {
      long groups = plain.elements() / type.unit();
      gpu.launch(FILE, "quantize", new Grid((int) Math.min((groups + 127) / 128, 1 << 16),
          1, 1, 128), 0, groups(groups, plain, blocks, plain).wholes(0, 0, 0, 0, 0));
    }

    void dequantize(Operand blocks, Operand plain) {
      gpu.launch(FILE, "dequantize", plain.elements(), groups(plain.elements() / type.unit(), blocks, plain, plain).wholes(0, 0,
          0, 0,
          0));
    }

    /// @param inner elements of one picked row
    /// @param size rows of the table
    void gather(Operand table, long inner, long size, Operand indices, Operand out) {
      gpu.launch(FILE, "gather_blocks", out.elements(), groups(out.elements() / type.unit(), table, out, out).whole(inner / type
          .unit())
          .whole(size).whole(indices.elements()).whole(indices.type() == DType.I64 ? 1 : 0).data(indices));
    }
  }

  record Quantize(Gpu gpu) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      new Blocks(gpu, out.getFirst().dtype()).quantize(Operand.of(in.getFirst()), Operand.of(out.getFirst()));
    }
  }

  record Dequantize(Gpu gpu) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      new Blocks(gpu, in.getFirst().dtype()).dequantize(Operand.of(in.getFirst()), Operand.of(out.getFirst()));
    }
  }
}

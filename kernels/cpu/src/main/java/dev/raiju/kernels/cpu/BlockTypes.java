package dev.raiju.kernels.cpu;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.kernels.cpu.loops.Loops;
import dev.raiju.kernels.cpu.scalar.ScalarBlocks;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlaces;
import dev.raiju.tensor.backend.Kernel;
import dev.raiju.tensor.backend.PackedBlocks;
import java.util.List;

/// Block types: each group of neighbours is its scale, its bias and then its codes, lowest bits first; `value = scale · code +
/// bias`. Encoded in f32 step by step as MLX does, so that the codes agree. Packed types are decoded only.
final class BlockTypes {
  private static final int PART = 1 << 12;

  private BlockTypes() {}

  record Quantize(Processor cpu) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor from = in.getFirst();
      DType type = out.getFirst().dtype();
      int group = type.unit();
      cpu.split(from.shape().elements() / group, group, (begin, end) -> {
        long spare = Scratch.address(4L * group);
        for (long block = begin; block < end; block++) {
          long x = from.address() + block * group * from.dtype().unitBytes();
          long values = x;
          if (from.dtype() != DType.F32) {
            cpu.loops().widen(from.dtype(), x, spare, group);
            values = spare;
          }
          encode(cpu.loops(), values, type, out.getFirst().address() + block * type.unitBytes());
        }
      });
    }
  }

  record Dequantize(Processor cpu) implements Kernel {
    @Override
    public void run(List<Tensor> in, List<Tensor> out) {
      Tensor from = in.getFirst();
      Tensor to = out.getFirst();
      BlockPlaces blocks = BlockPlaces.of(from);
      int group = from.dtype().unit();
      cpu.split(from.shape().elements() / group, group, (begin, end) -> {
        long spare = Scratch.address(4L * PART);
        long step = PART / group;
        for (long block = begin; block < end; block += step) {
          int n = (int) (Math.min(step, end - block) * group);
          long y = to.address() + block * group * to.dtype().unitBytes();
          long values = to.dtype() == DType.F32 ? y : spare;
          decode(blocks, block, values, n);
          if (to.dtype() != DType.F32) cpu.loops().narrow(to.dtype(), values, y, n);
        }
      });
    }
  }

  private static void encode(Loops loops, long x, DType type, long block) {
    int group = type.unit();
    int levels = (1 << type.codeBits()) - 1;
    float low = loops.min(x, group);
    float high = loops.max(x, group);
    float scale = Math.max((high - low) / levels, 1e-7f);
    boolean isLowEnd = Math.abs(low) > Math.abs(high);
    float edge = isLowEnd ? low : high;
    scale = isLowEnd ? scale : -scale;
    float zero = (float) Math.rint(edge / scale);
    float bias = 0;
    if (zero != 0) {
      scale = edge / zero;
      bias = edge;
    }
    int width = type.scaleType().unitBytes();
    setScale(type, block, scale);
    setScale(type, block + width, bias);
    long codes = block + 2L * width;
    int perByte = 8 / type.codeBits();
    for (int i = 0; i < group; i += perByte) {
      int packed = 0;
      for (int k = 0; k < perByte; k++) {
        packed |= code(Cells.getFloat(x + 4L * (i + k)), scale, bias, levels) << k * type.codeBits();
      }
      Cells.setByte(codes + i / perByte, (byte) packed);
    }
  }

  private static int code(float value, float scale, float bias, int levels) {
    return (int) Math.min(Math.max(Math.rint((value - bias) / scale), 0), levels);
  }

  /// The f32 values of `n` elements in whole blocks, from block `first` on.
  static void decode(BlockPlaces blocks, long first, long y, long n) {
    DType type = blocks.type();
    int group = type.unit();
    for (long i = 0; i < n; i += group) {
      long block = first + i / group;
      if (type.isPacked()) {
        PackedBlocks.widen(blocks, block, y + 4 * i, PackedBlocks.PLAIN);
        continue;
      }
      float scale = scale(type, blocks.scale(block));
      float bias = scale(type, blocks.bias(block));
      if (type.codeBits() == 8) ScalarBlocks.eights(blocks.codes(block), scale, bias, y + 4 * i, group);
      else
        ScalarBlocks.fours(blocks.codes(block), scale, bias, y + 4 * i, group);
    }
  }

  private static float scale(DType type, long at) {
    return switch (type.scaleType()) {
      case F16 -> Float.float16ToFloat(Cells.getShort(at));
      case BF16 -> Narrow.fromBf16(Cells.getShort(at));
      default -> Cells.getFloat(at);
    };
  }

  private static void setScale(DType type, long at, float value) {
    switch (type.scaleType()) {
      case F16 -> Cells.setShort(at, Float.floatToFloat16(value));
      case BF16 -> Cells.setShort(at, Narrow.toBf16(value));
      default -> Cells.setFloat(at, value);
    }
  }
}

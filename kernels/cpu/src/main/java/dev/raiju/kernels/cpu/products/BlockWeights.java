package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;

/// Block types: each group is its scale, its bias and then its codes, lowest bits first; a value is `scale · code + bias`.
final class BlockWeights {
  private BlockWeights() {}

  /// Values `from` to `from + count` of the row at `row`, as f32.
  static void expand(DType type, long row, long from, int count, long to) {
    int group = type.unit();
    int done = 0;
    while (done < count) {
      long at = from + done;
      long block = row + at / group * type.unitBytes();
      int first = (int) (at % group);
      int part = Math.min(count - done, group - first);
      int scaleBytes = type.scaleType().unitBytes();
      float scale = scale(type.scaleType(), block);
      float bias = scale(type.scaleType(), block + scaleBytes);
      long codes = block + 2L * scaleBytes;
      if (type.codeBits() == 8) eightBits(codes, first, part, scale, bias, to + 4L * done);
      else
        fourBits(codes, first, part, scale, bias, to + 4L * done);
      done += part;
    }
  }

  private static float scale(DType type, long at) {
    return switch (type) {
      case F16 -> Float.float16ToFloat(Cells.getShort(at));
      case BF16 -> Narrow.fromBf16(Cells.getShort(at));
      default -> Cells.getFloat(at);
    };
  }

  private static void eightBits(long codes, int first, int count, float scale, float bias, long to) {
    for (int i = 0; i < count; i++) {
      int code = Cells.getByte(codes + first + i) & 0xff;
      Cells.setFloat(to + 4L * i, Math.fma(scale, code, bias));
    }
  }

  private static void fourBits(long codes, int first, int count, float scale, float bias, long to) {
    for (int i = 0; i < count; i++) {
      int place = first + i;
      int code = Cells.getByte(codes + (place >> 1)) >> (place & 1) * 4 & 15;
      Cells.setFloat(to + 4L * i, Math.fma(scale, code, bias));
    }
  }
}

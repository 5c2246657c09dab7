package dev.raiju.kernels.cpu.products;

import dev.raiju.kernels.cpu.loops.Cells;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Narrow;
import dev.raiju.tensor.backend.BlockPlaces;
import dev.raiju.tensor.backend.PackedBlocks;

/// Widens weights of block types while they are packed: as much of a line as a panel takes, never a whole matrix.
final class BlockWeights {
  static final int LARGEST_GROUP = PackedBlocks.LARGEST;

  private BlockWeights() {}

  /// Elements `first` to `first + count` as f32.
  ///
  /// @param spare room for one group: what a depth block cuts through is widened there as a whole
  static void expand(MicroKernels micro, BlockPlaces blocks, long first, int count, long to, long spare) {
    int group = blocks.type().unit();
    int done = 0;
    while (done < count) {
      long block = (first + done) / group;
      int skipped = (int) ((first + done) % group);
      int part = Math.min(count - done, group - skipped);
      long values = to + 4L * done;
      if (part == group) {
        group(micro, blocks, block, values);
      } else {
        group(micro, blocks, block, spare);
        Cells.copy(spare + 4L * skipped, values, 4L * part);
      }
      done += part;
    }
  }

  private static void group(MicroKernels micro, BlockPlaces blocks, long block, long to) {
    DType type = blocks.type();
    if (type.isPacked()) {
      PackedBlocks.widen(blocks, block, to, micro);
      return;
    }
    float scale = number(type.scaleType(), blocks.scale(block));
    float bias = number(type.scaleType(), blocks.bias(block));
    micro.expand(type.codeBits(), blocks.codes(block), scale, bias, to, type.unit());
  }

  static float number(DType type, long at) {
    return switch (type) {
      case F16 -> Float.float16ToFloat(Cells.getShort(at));
      case BF16 -> Narrow.fromBf16(Cells.getShort(at));
      default -> Cells.getFloat(at);
    };
  }
}

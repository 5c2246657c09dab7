package dev.raiju.tensor.reference;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.Layout;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.BlockPlaces;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import dev.raiju.tensor.backend.PackedBlocks;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Block types: each group is its scale, its bias and then its codes, lowest bits first.
final class Blocks {
  private Blocks() {}

  static void quantize(Tensor in, Tensor out) {
    DType type = out.dtype();
    int group = type.unit();
    float[] values = new float[group];
    double[] all = Values.doubles(in);
    for (int block = 0; block < all.length / group; block++) {
      for (int i = 0; i < group; i++) values[i] = (float) all[block * group + i];
      encode(values, type, Values.memory(out).asSlice((long) block * type.unitBytes(), type.unitBytes()));
    }
  }

  /// In f32, step by step as MLX computes it, so that the codes agree.
  private static void encode(float[] values, DType type, MemorySegment block) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    int levels = (1 << type.codeBits()) - 1;
    float scale = Math.max((high - low) / levels, 1e-7f);
    boolean lowEnd = Math.abs(low) > Math.abs(high);
    float edge = lowEnd ? low : high;
    scale = lowEnd ? scale : -scale;
    float zero = (float) Math.rint(edge / scale);
    float bias = 0;
    if (zero != 0) {
      scale = edge / zero;
      bias = edge;
    }
    DType stored = type.scaleType();
    Elements.setDouble(stored, block, 0, scale);
    Elements.setDouble(stored, block, 1, bias);
    MemorySegment codes = block.asSlice(2L * stored.unitBytes());
    codes.fill((byte) 0);
    for (int i = 0; i < values.length; i++) {
      int code = (int) Math.min(Math.max(Math.rint((values[i] - bias) / scale), 0), levels);
      int bit = i * type.codeBits();
      byte held = codes.get(ValueLayout.JAVA_BYTE, bit / 8);
      codes.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (held | code << bit % 8));
    }
  }

  /// Value `index` of a block.
  private static float decode(BlockPlaces places, long block, int index) {
    DType type = places.type();
    float scale = scale(type, places.scale(block));
    float bias = scale(type, places.bias(block));
    int bit = index * type.codeBits();
    int held = HostMemory.ALL.get(ValueLayout.JAVA_BYTE, places.codes(block) + bit / 8) & 0xff;
    int code = held >>> bit % 8 & (1 << type.codeBits()) - 1;
    return Math.fma(scale, code, bias);
  }

  private static float scale(DType type, long at) {
    return (float) Elements.getDouble(type.scaleType(), HostMemory.ALL.asSlice(at, type.scaleType().unitBytes()), 0);
  }

  /// Whole blocks, counted from the beginning of the memory, from wherever they lie to blocks in one piece.
  static void copy(Tensor in, long[] from, Tensor out, long[] to) {
    BlockPlaces source = BlockPlaces.ofBuffer(in);
    BlockPlaces target = BlockPlaces.ofBuffer(out);
    for (int i = 0; i < from.length; i++) source.copy(from[i], target, to[i]);
  }

  static double[] values(Tensor in) {
    long[] places = Values.places(in.layout());
    double[] values = new double[places.length];
    BlockPlaces blocks = BlockPlaces.ofBuffer(in);
    int unit = in.dtype().unit();
    if (in.dtype().isPacked()) return packed(blocks, places);
    for (int i = 0; i < values.length; i++) values[i] = decode(blocks, places[i] / unit, (int) (places[i] % unit));
    return values;
  }

  private static double[] packed(BlockPlaces blocks, long[] places) {
    double[] values = new double[places.length];
    int unit = blocks.type().unit();
    long held = -1;
    HostBuffer block = HostMemory.allocate(4L * unit);
    try {
      for (int i = 0; i < values.length; i++) {
        if (places[i] / unit != held) {
          held = places[i] / unit;
          PackedBlocks.widen(blocks, held, block.address(), PackedBlocks.PLAIN);
        }
        values[i] = block.segment().getAtIndex(ValueLayout.JAVA_FLOAT, places[i] % unit);
      }
    } finally {
      block.release();
    }
    return values;
  }

  static void dequantize(Tensor in, Tensor out) { Values.store(values(in), out); }

  static void gather(Tensor table, long[] rows, Shape outer, Shape inner, Tensor out) {
    double[] all = values(table);
    int width = Math.toIntExact(inner.elements());
    int size = Math.toIntExact(table.shape().elements() / Math.max(1, outer.elements() * width));
    long[] to = Values.places(Layout.contiguous(out.shape()));
    double[] picked = new double[to.length];
    int at = 0;
    for (int o = 0; o < outer.elements(); o++) {
      for (long row : rows) {
        for (int k = 0; k < width; k++) picked[at++] = all[(o * size + (int) row) * width + k];
      }
    }
    Values.store(picked, out);
  }
}

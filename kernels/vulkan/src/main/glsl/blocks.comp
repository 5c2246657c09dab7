// Block types, to and from. Encoded in f32 step by step as MLX does, so that the codes agree. Packed blocks are decoded only.
#include "device.glsl"
#include "blocks.glsl"
#include "packed.glsl"

layout(buffer_reference, scalar) readonly buffer BlockArgs {
  i64 groups;
  u64 from, to;
  // of the plain side; of scale and bias, or of packed blocks
  int type, scale_type;
  // bits of a code, 0 for packed blocks
  int bits, group;
  // for gather: rows of `groups_per_row` groups, picked of tables of `size` rows
  i64 groups_per_row, size, picked, is_long;
  u64 indices;
};

void quantize(BlockArgs args) {
  FOR_ALL(g, args.groups) {
    float low = INFINITE, high = -INFINITE;
    for (int i = 0; i < args.group; i++) {
      float x = load_real(args.from, args.type, g * args.group + i);
      low = smaller(low, x);
      high = larger(high, x);
    }
    int levels = (1 << args.bits) - 1;
    precise float scale = larger((high - low) / float(levels), 1e-7);
    bool low_end = abs(low) > abs(high);
    float edge = low_end ? low : high;
    scale = low_end ? scale : -scale;
    float zero = roundEven(edge / scale);
    float bias = 0.0;
    if (zero != 0.0) {
      scale = edge / zero;
      bias = edge;
    }
    u64 block = args.to + u64(g * block_bytes(args.scale_type, args.bits, args.group));
    store_real(block, args.scale_type, 0l, scale);
    store_real(block, args.scale_type, 1l, bias);
    u64 codes = block + u64(2 * scale_bytes(args.scale_type));
    int per_byte = 8 / args.bits;
    for (int i = 0; i < args.group; i += per_byte) {
      uint packed = 0u;
      for (int k = 0; k < per_byte; k++) {
        precise float code = roundEven((load_real(args.from, args.type, g * args.group + i + k) - bias) / scale);
        int clipped = is_nan(code) || code < 0.0 ? 0 : code > float(levels) ? levels : int(code);
        packed |= uint(clipped) << k * args.bits;
      }
      set_byte(codes, i64(i / per_byte), packed);
    }
  }
}

float decode(BlockArgs args, i64 block, int i) {
  if (args.bits == 0) return packed(args.scale_type, args.from + u64(block * i64(PACKED_BYTES[args.scale_type])), i);
  vec3 parts = parts_of(args.from + u64(block * block_bytes(args.scale_type, args.bits, args.group)), args.scale_type, args.bits, i);
  return fused(parts.x, parts.y, parts.z);
}
void dequantize(BlockArgs args) {
  FOR_ALL(n, args.groups * args.group) {
    i64 g = quotient(n, i64(args.group));
    store_real(args.to, args.type, n, decode(args, g, int(n - g * args.group)));
  }
}
void gather_blocks(BlockArgs args) {
  FOR_ALL(n, args.groups * args.group) {
    i64 g = quotient(n, i64(args.group)), row = quotient(g, args.groups_per_row), i = remainder(row, args.picked);
    i64 index = args.is_long != 0l ? long_at(args.indices, i) : i64(int(word_at(args.indices, i)));
    i64 from = (quotient(row, args.picked) * args.size + index) * args.groups_per_row + g - row * args.groups_per_row;
    store_real(args.to, args.type, n, decode(args, from, int(n - g * args.group)));
  }
}

void main() {
  switch (KERNEL) {
    case QUANTIZE: quantize(BlockArgs(launch.arguments)); break;
    case DEQUANTIZE: dequantize(BlockArgs(launch.arguments)); break;
    case GATHER_BLOCKS: gather_blocks(BlockArgs(launch.arguments)); break;
  }
}

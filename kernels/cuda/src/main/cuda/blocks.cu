// Block types: each group of neighbours is its scale, its bias and then its codes, lowest bits first; value = scale · code + bias.
// Encoded in f32 step by step as MLX does, so that the codes agree.
#include "device.cuh"

struct BlockArgs {
  i64 groups;
  const void *in;
  void *out;
  // of the plain side; of scale and bias
  int type, scale_type;
  int bits, group;
  // for gather: rows of `groups_per_row` groups, picked of tables of `size` rows
  i64 groups_per_row, size, picked, is_long;
  const void *indices;
};
DEVICE int scale_bytes(int type) { return type == F32 ? 4 : 2; }
DEVICE i64 block_bytes(const BlockArgs &args) { return 2 * scale_bytes(args.scale_type) + args.group * args.bits / 8; }

KERNEL(quantize, BlockArgs, 128) {
  for (i64 g = thread_index(); g < args.groups; g += thread_count()) {
    float low = INFINITE, high = -INFINITE;
    for (int i = 0; i < args.group; i++) {
      float x = load_real(args.in, args.type, g * args.group + i);
      low = smaller(low, x);
      high = larger(high, x);
    }
    int levels = (1 << args.bits) - 1;
    float scale = larger((high - low) / (float)levels, 1e-7f);
    bool low_end = fabsf(low) > fabsf(high);
    float edge = low_end ? low : high;
    scale = low_end ? scale : -scale;
    float zero = rintf(edge / scale);
    float bias = 0;
    if (zero != 0) {
      scale = edge / zero;
      bias = edge;
    }
    char *block = (char *)args.out + g * block_bytes(args);
    store_real(block, args.scale_type, 0, scale);
    store_real(block, args.scale_type, 1, bias);
    unsigned char *codes = (unsigned char *)block + 2 * scale_bytes(args.scale_type);
    int per_byte = 8 / args.bits;
    for (int i = 0; i < args.group; i += per_byte) {
      int packed = 0;
      for (int k = 0; k < per_byte; k++) {
        float code = rintf((load_real(args.in, args.type, g * args.group + i + k) - bias) / scale);
        int clipped = is_nan(code) ? 0 : code < 0 ? 0 : code > (float)levels ? levels : (int)code;
        packed |= clipped << k * args.bits;
      }
      codes[i / per_byte] = (unsigned char)packed;
    }
  }
}

DEVICE float decode(const BlockArgs &args, i64 block_index, int i) {
  const char *block = (const char *)args.in + block_index * block_bytes(args);
  const unsigned char *codes = (const unsigned char *)block + 2 * scale_bytes(args.scale_type);
  int code = args.bits == 8 ? codes[i] : codes[i / 2] >> i % 2 * 4 & 15;
  return fmaf(load_real(block, args.scale_type, 0), (float)code, load_real(block, args.scale_type, 1));
}
KERNEL(dequantize, BlockArgs, 256) {
  for (i64 n = thread_index(); n < args.groups * args.group; n += thread_count())
    store_real(args.out, args.type, n, decode(args, n / args.group, (int)(n % args.group)));
}
KERNEL(gather_blocks, BlockArgs, 256) {
  for (i64 n = thread_index(); n < args.groups * args.group; n += thread_count()) {
    i64 g = n / args.group, row = g / args.groups_per_row, i = row % args.picked;
    i64 index = args.is_long ? ((const i64 *)args.indices)[i] : ((const int *)args.indices)[i];
    i64 from = (row / args.picked * args.size + index) * args.groups_per_row + g % args.groups_per_row;
    store_real(args.out, args.type, n, decode(args, from, (int)(n % args.group)));
  }
}

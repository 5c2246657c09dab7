// Block types: each group of neighbours is its scale, its bias and then its codes, lowest bits first; value = scale · code + bias.
// Encoded in f32 step by step as MLX does, so that the codes agree. Packed blocks, as GGUF files hold them, are decoded only.

struct BlockArgs {
  long groups;
  device const void *in;
  device void *out;
  // of the plain side; of scale and bias, or of packed blocks
  int type, scale_type;
  // bits of a code, 0 for packed blocks
  int bits, group;
  // for gather: rows of `groups_per_row` groups, picked of tables of `size` rows
  long groups_per_row, size, picked, is_long;
  device const void *indices;
};
int scale_bytes(int type) { return type == F32 ? 4 : 2; }
long block_bytes(constant BlockArgs &args) { return 2 * scale_bytes(args.scale_type) + args.group * args.bits / 8; }

void quantize_groups(constant BlockArgs &args, Self self) {
  for (long g = first_of(self); g < args.groups; g += stride_of(self)) {
    float low = INFINITE, high = -INFINITE;
    for (int i = 0; i < args.group; i++) {
      float x = load_real(args.in, args.type, g * args.group + i);
      low = smaller(low, x);
      high = larger(high, x);
    }
    int levels = (1 << args.bits) - 1;
    float scale = larger((high - low) / (float)levels, 1e-7f);
    bool low_end = fabs(low) > fabs(high);
    float edge = low_end ? low : high;
    scale = low_end ? scale : -scale;
    float zero = rint(edge / scale);
    float bias = 0;
    if (zero != 0) {
      scale = edge / zero;
      bias = edge;
    }
    device uchar *block = (device uchar *)args.out + g * block_bytes(args);
    store_real(block, args.scale_type, 0, scale);
    store_real(block, args.scale_type, 1, bias);
    device uchar *codes = block + 2 * scale_bytes(args.scale_type);
    int per_byte = 8 / args.bits;
    for (int i = 0; i < args.group; i += per_byte) {
      int packed = 0;
      for (int k = 0; k < per_byte; k++) {
        float code = rint((load_real(args.in, args.type, g * args.group + i + k) - bias) / scale);
        int clipped = is_nan(code) ? 0 : code < 0 ? 0 : code > (float)levels ? levels : (int)code;
        packed |= clipped << k * args.bits;
      }
      codes[i / per_byte] = (uchar)packed;
    }
  }
}
KERNEL(quantize, BlockArgs, quantize_groups)

// In the order of DType.
enum Packed { Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, E4M3_G32, E5M2_G32 };

int packed_bytes(int type) {
  switch (type) {
    case Q8_0: return 34;
    case Q4_0: return 18;
    case Q4_1: return 20;
    case Q5_0: return 22;
    case Q5_1: return 24;
    case Q2_K: return 84;
    case Q3_K: return 110;
    case Q4_K: return 144;
    case Q5_K: return 176;
    case Q6_K: return 210;
    default: return 36;
  }
}

float half_at(device const uchar *b, int at) { return load_real(b + at, F16, 0); }

// Blocks of 32 values: a scale and perhaps a bias in f16, perhaps a word of fifth bits, codes of 4 bits.
float packed_of_32(int type, device const uchar *b, int i) {
  bool biased = type == Q4_1 || type == Q5_1, fifths = type == Q5_0 || type == Q5_1;
  int codes = packed_bytes(type) - 16;
  int code = b[codes + i % 16] >> 4 * (i / 16) & 15;
  if (fifths) code |= (b[codes - 4 + i / 8] >> i % 8 & 1) << 4;
  float scale = half_at(b, 0);
  return fma(scale, (float)code, biased ? half_at(b, 2) : (fifths ? -16.f : -8.f) * scale);
}

// Blocks of 256 values in eight groups, whose scales and biases are of 6 bits.
float packed_in_8(int type, device const uchar *b, int i) {
  device const uchar *s = b + 4;
  int j = i / 32, k = i % 32, scale, bias;
  if (j < 4) {
    scale = s[j] & 63;
    bias = s[j + 4] & 63;
  } else {
    scale = (s[j + 4] & 15) | s[j - 4] >> 6 << 4;
    bias = s[j + 4] >> 4 | s[j] >> 6 << 4;
  }
  int code = b[(type == Q5_K ? 48 : 16) + 32 * (j / 2) + k] >> 4 * (j % 2) & 15;
  if (type == Q5_K) code |= (b[16 + k] >> j & 1) << 4;
  return fma(half_at(b, 0) * (float)scale, (float)code, -half_at(b, 2) * (float)bias);
}

// Blocks of 256 values in sixteen groups.
float packed_in_16(int type, device const uchar *b, int i) {
  // a byte holds 2 bits each of four values that lie 32 apart
  int j = i / 16, quarter = 32 * (i / 128) + i % 32, shift = 2 * (i / 32 % 4);
  if (type == Q2_K) {
    float bias = -half_at(b, 82) * (float)(b[j] >> 4);
    return fma(half_at(b, 80) * (float)(b[j] & 15), (float)(b[16 + quarter] >> shift & 3), bias);
  }
  if (type == Q3_K) {
    int size = (b[96 + j % 8] >> 4 * (j / 8) & 15) | (b[104 + j % 4] >> 2 * (j / 4) & 3) << 4;
    int code = (b[32 + quarter] >> shift & 3) + 4 * (b[i % 32] >> i / 32 & 1);
    float scale = half_at(b, 108) * (float)(size - 32);
    return fma(scale, (float)code, -4 * scale);
  }
  int code = (b[64 * (i / 128) + i % 64] >> 4 * (i / 64 % 2) & 15) | (b[128 + quarter] >> shift & 3) << 4;
  float scale = half_at(b, 208) * (float)(char)b[192 + j];
  return fma(scale, (float)code, -32 * scale);
}

float packed(int type, device const uchar *b, int i) {
  switch (type) {
    case Q8_0: return fma(half_at(b, 0), (float)(char)b[2 + i], 0.f);
    case Q4_K:
    case Q5_K: return packed_in_8(type, b, i);
    case Q2_K:
    case Q3_K:
    case Q6_K: return packed_in_16(type, b, i);
    // a scale, then 8-bit floats
    case E4M3_G32: return load_real(b, F32, 0) * load_real(b + 4, E4M3, i);
    case E5M2_G32: return load_real(b, F32, 0) * load_real(b + 4, E5M2, i);
    default: return packed_of_32(type, b, i);
  }
}

float decode(constant BlockArgs &args, long block_index, int i) {
  if (args.bits == 0) {
    int type = args.scale_type;
    return packed(type, (device const uchar *)args.in + block_index * packed_bytes(type), i);
  }
  device const uchar *block = (device const uchar *)args.in + block_index * block_bytes(args);
  device const uchar *codes = block + 2 * scale_bytes(args.scale_type);
  int code = args.bits == 8 ? codes[i] : codes[i / 2] >> i % 2 * 4 & 15;
  return fma(load_real(block, args.scale_type, 0), (float)code, load_real(block, args.scale_type, 1));
}
void dequantized_values(constant BlockArgs &args, Self self) {
  for (long n = first_of(self); n < args.groups * args.group; n += stride_of(self))
    store_real(args.out, args.type, n, decode(args, n / args.group, (int)(n % args.group)));
}
KERNEL(dequantize, BlockArgs, dequantized_values)
void gathered_values(constant BlockArgs &args, Self self) {
  for (long n = first_of(self); n < args.groups * args.group; n += stride_of(self)) {
    long g = n / args.group, row = g / args.groups_per_row, i = row % args.picked;
    long index = args.is_long ? ((device const long *)args.indices)[i] : ((device const int *)args.indices)[i];
    long from = (row / args.picked * args.size + index) * args.groups_per_row + g % args.groups_per_row;
    store_real(args.out, args.type, n, decode(args, from, (int)(n % args.group)));
  }
}
KERNEL(gather_blocks, BlockArgs, gathered_values)

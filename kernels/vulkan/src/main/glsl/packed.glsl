// Packed blocks, as GGUF files hold them, and 8-bit floats with the scale of their block; decoded only. What bit means what is said
// in PackedBlocks.

// In the order of DType.
const int Q8_0 = 0, Q4_0 = 1, Q4_1 = 2, Q5_0 = 3, Q5_1 = 4, Q2_K = 5, Q3_K = 6, Q4_K = 7, Q5_K = 8, Q6_K = 9, E4M3_G32 = 10;
const int PACKED_BYTES[] = {34, 18, 20, 22, 24, 84, 110, 144, 176, 210, 36, 36};

float half_at(u64 block, int at) { return load_real(block + u64(at), F16, 0l); }
int code_at(u64 block, int at) { return int(byte_at(block, i64(at))); }
int signed_at(u64 block, int at) { return code_at(block, at) << 24 >> 24; }

// Blocks of 32 values: a scale and perhaps a bias in f16, perhaps a word of fifth bits, codes of 4 bits.
float packed_of_32(int type, u64 b, int i) {
  bool biased = type == Q4_1 || type == Q5_1, fifths = type == Q5_0 || type == Q5_1;
  int codes = PACKED_BYTES[type] - 16;
  int code = code_at(b, codes + i % 16) >> 4 * (i / 16) & 15;
  if (fifths) code |= (code_at(b, codes - 4 + i / 8) >> i % 8 & 1) << 4;
  float scale = half_at(b, 0);
  return fused(scale, float(code), biased ? half_at(b, 2) : (fifths ? -16.0 : -8.0) * scale);
}

// Blocks of 256 values in eight groups, whose scales and biases are of 6 bits.
float packed_in_8(int type, u64 b, int i) {
  int j = i / 32, k = i % 32, scale, bias;
  if (j < 4) {
    scale = code_at(b, 4 + j) & 63;
    bias = code_at(b, 8 + j) & 63;
  } else {
    scale = (code_at(b, 8 + j) & 15) | code_at(b, j) >> 6 << 4;
    bias = code_at(b, 8 + j) >> 4 | code_at(b, 4 + j) >> 6 << 4;
  }
  int code = code_at(b, (type == Q5_K ? 48 : 16) + 32 * (j / 2) + k) >> 4 * (j % 2) & 15;
  if (type == Q5_K) code |= (code_at(b, 16 + k) >> j & 1) << 4;
  return fused(half_at(b, 0) * float(scale), float(code), -half_at(b, 2) * float(bias));
}

// Blocks of 256 values in sixteen groups.
float packed_in_16(int type, u64 b, int i) {
  // a byte holds 2 bits each of four values that lie 32 apart
  int j = i / 16, quarter = 32 * (i / 128) + i % 32, shift = 2 * (i / 32 % 4);
  if (type == Q2_K) {
    float bias = -half_at(b, 82) * float(code_at(b, j) >> 4);
    return fused(half_at(b, 80) * float(code_at(b, j) & 15), float(code_at(b, 16 + quarter) >> shift & 3), bias);
  }
  if (type == Q3_K) {
    int size = (code_at(b, 96 + j % 8) >> 4 * (j / 8) & 15) | (code_at(b, 104 + j % 4) >> 2 * (j / 4) & 3) << 4;
    int code = (code_at(b, 32 + quarter) >> shift & 3) + 4 * (code_at(b, i % 32) >> i / 32 & 1);
    float scale = half_at(b, 108) * float(size - 32);
    return fused(scale, float(code), -4.0 * scale);
  }
  int code = (code_at(b, 64 * (i / 128) + i % 64) >> 4 * (i / 64 % 2) & 15) | (code_at(b, 128 + quarter) >> shift & 3) << 4;
  float scale = half_at(b, 208) * float(signed_at(b, 192 + j));
  return fused(scale, float(code), -32.0 * scale);
}

// Value `i` of the block at an address.
float packed(int type, u64 b, int i) {
  if (type >= E4M3_G32) return load_real(b, F32, 0l) * load_real(b + 4ul, type == E4M3_G32 ? E4M3 : E5M2, i64(i));
  if (type == Q8_0) return fused(half_at(b, 0), float(signed_at(b, 2 + i)), 0.0);
  if (type == Q4_K || type == Q5_K) return packed_in_8(type, b, i);
  return type < Q2_K ? packed_of_32(type, b, i) : packed_in_16(type, b, i);
}

// Values moved, converted and made: copy, cast, fill, iota, random numbers.
#include "device.glsl"

// to[strides] = from[strides]; units of `bytes` bytes, strides in units.
layout(buffer_reference, scalar) readonly buffer CopyArgs {
  i64 count;
  u64 from, to;
  int bytes, rank;
  i64 sizes[8], from_strides[8], to_strides[8];
};
void copy(CopyArgs args) {
  int bytes = args.bytes;
  FOR_ALL(i, args.count) {
    PLACE(to, i, args.rank, args.sizes, args.to_strides)
    PLACE(from, i, args.rank, args.sizes, args.from_strides)
    switch (bytes) {
      case 1: set_byte(args.to, to, byte_at(args.from, from)); break;
      case 2: set_short(args.to, to, short_at(args.from, from)); break;
      case 4: set_word(args.to, to, word_at(args.from, from)); break;
      case 8: set_long(args.to, to, long_at(args.from, from)); break;
      default:
        for (i64 n = 0l; n < bytes; n++) set_byte(args.to, to * bytes + n, byte_at(args.from, from * bytes + n));
    }
  }
}

// to[i] = from[strides], contiguous, in another type.
layout(buffer_reference, scalar) readonly buffer CastArgs {
  i64 count;
  u64 from, to;
  int from_type, to_type, from_is_float, rank;
  i64 sizes[8], strides[8];
};
void convert(CastArgs args) {
  FOR_ALL(i, args.count) {
    PLACE(at, i, args.rank, args.sizes, args.strides)
    if (args.from_is_float != 0) store_real(args.to, args.to_type, i, load_real(args.from, args.from_type, at));
    else store_whole(args.to, args.to_type, i, load_whole(args.from, args.from_type, at), args.from_type == U64);
  }
}

// to[i] = the low `bytes` bytes of `bits`, contiguous.
layout(buffer_reference, scalar) readonly buffer FillArgs {
  i64 count;
  u64 to, bits;
  i64 bytes;
};
void fill(FillArgs args) {
  int bytes = int(args.bytes);
  FOR_ALL(i, args.count) {
    switch (bytes) {
      case 1: set_byte(args.to, i, uint(args.bits)); break;
      case 2: set_short(args.to, i, uint(args.bits)); break;
      case 4: set_word(args.to, i, uint(args.bits)); break;
      default: set_long(args.to, i, i64(args.bits)); break;
    }
  }
}

// to[i] = i.
layout(buffer_reference, scalar) readonly buffer IotaArgs {
  i64 count;
  u64 to;
  i64 type;
};
void iota(IotaArgs args) {
  FOR_ALL(i, args.count) store_whole(args.to, int(args.type), i, i, false);
}

// Philox 4x32-10, Salmon et al. 2011: word i % 4 of the block with counter (i / 4, stream) under the seed. The normal transform is
// Giles 2012, of multiply-adds alone, so that every backend draws the same bits.
const int UNIFORM = 0, NORMAL = 1, BITS = 2;
layout(buffer_reference, scalar) readonly buffer RandomArgs {
  i64 count;
  u64 key, to;
  int type, distribution;
};
uint random_bits(u64 seed, u64 stream, u64 index) {
  uint k0 = uint(seed), k1 = uint(seed >> 32);
  u64 at = index >> 2;
  uint c0 = uint(at), c1 = uint(at >> 32), c2 = uint(stream), c3 = uint(stream >> 32);
  for (int turn = 0; turn < 10; turn++) {
    uint high0, low0, high1, low1;
    umulExtended(0xD2511F53u, c0, high0, low0);
    umulExtended(0xCD9E8D57u, c2, high1, low1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  uint word = uint(index) & 3u;
  return word == 0u ? c0 : word == 1u ? c1 : word == 2u ? c2 : c3;
}

float portable_log(float x) {
  int bits = int(floatBitsToUint(x));
  int exponent = bits - 0x3f3504f3 >> 23;
  precise float m = intBitsToFloat(bits - exponent * (1 << 23));
  precise float d = m + 1.0;
  float r = uintBitsToFloat(0x7ef311c3u - floatBitsToUint(d));
  for (int i = 0; i < 4; i++) r = fused(r, fused(-d, r, 1.0), r);
  precise float s = (m - 1.0) * r;
  precise float z = s * s;
  float p = fused(fused(fused(0.222221985, z, 0.285714279), z, 0.4), z, 0.666666667);
  precise float pz = p * z;
  precise float twice = 2.0 * s;
  return fused(float(exponent), 0.693147182, fused(pz, s, twice));
}
float portable_sqrt(float x) {
  precise float y = uintBitsToFloat(0x5f375a86u - (floatBitsToUint(x) >> 1));
  for (int i = 0; i < 4; i++) {
    precise float half_xy = -0.5 * x * y;
    y = y * fused(half_xy, y, 1.5);
  }
  precise float root = x * y;
  return root;
}
const float CENTRE[9] = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941};
const float TAIL[9] = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682};
float normal(uint bits) {
  precise float x = (float(int(bits >> 9)) - 4194303.0 - 0.5) * power_of_two(-22);
  precise float w = -portable_log(fused(-x, x, 1.0));
  bool central = w < 5.0;
  if (central) w = w - 2.5;
  else w = portable_sqrt(w) - 3.0;
  float p = central ? CENTRE[0] : TAIL[0];
  for (int i = 1; i < 9; i++) p = fused(p, w, central ? CENTRE[i] : TAIL[i]);
  precise float y = x * p * 1.41421356;
  return y;
}
void random_draw(RandomArgs args) {
  FOR_ALL(i, args.count) {
    uint bits = random_bits(u64(long_at(args.key, 0l)), u64(long_at(args.key, 1l)), u64(long_at(args.key, 2l)) + u64(i));
    if (args.distribution == BITS) set_word(args.to, i, bits);
    else if (args.distribution == NORMAL) store_real(args.to, args.type, i, normal(bits));
    else store_real(args.to, args.type, i, (float(int(bits >> 9)) + 0.5) * power_of_two(-23));
  }
}

void main() {
  switch (KERNEL) {
    case COPY: copy(CopyArgs(launch.arguments)); break;
    case CAST: convert(CastArgs(launch.arguments)); break;
    case FILL: fill(FillArgs(launch.arguments)); break;
    case IOTA: iota(IotaArgs(launch.arguments)); break;
    case RANDOM_DRAW: random_draw(RandomArgs(launch.arguments)); break;
  }
}

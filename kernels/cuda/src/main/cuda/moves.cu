// Values moved, converted and made: copy, cast, fill, iota, random numbers.
#include "device.cuh"

// to[strides] = from[strides]; units of `bytes` bytes, strides in units.
struct CopyArgs {
  i64 count;
  const void *from;
  void *to;
  int bytes, rank;
  Axes sizes, from_strides, to_strides;
};
template <class T> DEVICE void copy(const CopyArgs &args) {
  for (i64 i = thread_index(); i < args.count; i += thread_count())
    ((T *)args.to)[place(i, args.rank, args.sizes, args.to_strides)] = ((const T *)args.from)[place(i, args.rank, args.sizes, args.from_strides)];
}
KERNEL(copy, CopyArgs, 256) {
  switch (args.bytes) {
    case 1: copy<unsigned char>(args); return;
    case 2: copy<u16>(args); return;
    case 4: copy<u32>(args); return;
    case 8: copy<u64>(args); return;
  }
  for (i64 i = thread_index(); i < args.count * args.bytes; i += thread_count()) {
    i64 unit = i / args.bytes, byte = i % args.bytes;
    ((char *)args.to)[place(unit, args.rank, args.sizes, args.to_strides) * args.bytes + byte] =
        ((const char *)args.from)[place(unit, args.rank, args.sizes, args.from_strides) * args.bytes + byte];
  }
}

// to[i] = from[strides], contiguous, in another type.
struct CastArgs {
  i64 count;
  const void *from;
  void *to;
  int from_type, to_type;
  int from_is_float, rank;
  Axes sizes, strides;
};
KERNEL(cast, CastArgs, 256) {
  for (i64 i = thread_index(); i < args.count; i += thread_count()) {
    i64 at = place(i, args.rank, args.sizes, args.strides);
    if (args.from_is_float) store_real(args.to, args.to_type, i, load_real(args.from, args.from_type, at));
    else store_whole(args.to, args.to_type, i, load_whole(args.from, args.from_type, at), args.from_type == U64);
  }
}

// to[i] = the low `bytes` bytes of `bits`, contiguous.
struct FillArgs {
  i64 count;
  void *to;
  u64 bits;
  i64 bytes;
};
KERNEL(fill, FillArgs, 256) {
  for (i64 i = thread_index(); i < args.count; i += thread_count()) {
    switch (args.bytes) {
      case 1: ((unsigned char *)args.to)[i] = (unsigned char)args.bits; break;
      case 2: ((u16 *)args.to)[i] = (u16)args.bits; break;
      case 4: ((u32 *)args.to)[i] = (u32)args.bits; break;
      default: ((u64 *)args.to)[i] = args.bits; break;
    }
  }
}

// to[i] = i.
struct IotaArgs {
  i64 count;
  void *to;
  i64 type;
};
KERNEL(iota, IotaArgs, 256) {
  for (i64 i = thread_index(); i < args.count; i += thread_count()) store_whole(args.to, (int)args.type, i, i, false);
}

// Philox 4x32-10, Salmon et al. 2011: word i % 4 of the block with counter (i / 4, stream) under the seed. The normal transform is
// Giles 2012, of multiply-adds alone, so that every backend draws the same bits.
enum Distribution { UNIFORM, NORMAL, BITS };
struct RandomArgs {
  i64 count;
  const i64 *key;
  void *to;
  int type, distribution;
};
DEVICE u32 random_bits(u64 seed, u64 stream, u64 index) {
  u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
  u64 at = index >> 2;
  u32 c0 = (u32)at, c1 = (u32)(at >> 32), c2 = (u32)stream, c3 = (u32)(stream >> 32);
  for (int round = 0; round < 10; round++) {
    u32 high0 = high_product(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
    u32 high1 = high_product(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  u32 word = (u32)(index & 3);
  return word == 0 ? c0 : word == 1 ? c1 : word == 2 ? c2 : c3;
}
DEVICE float portable_log(float x) {
  int bits = (int)bits_of(x);
  int exponent = (bits - 0x3f3504f3) >> 23;
  float m = float_of((u32)(bits - exponent * (1 << 23)));
  float d = m + 1.f;
  float r = float_of(0x7ef311c3u - bits_of(d));
  for (int i = 0; i < 4; i++) r = fmaf(r, fmaf(-d, r, 1.f), r);
  float s = (m - 1.f) * r;
  float z = s * s;
  float p = fmaf(fmaf(fmaf(0.222221985f, z, 0.285714279f), z, 0.4f), z, 0.666666667f);
  float pz = p * z;
  return fmaf((float)exponent, 0.693147182f, fmaf(pz, s, 2.f * s));
}
DEVICE float portable_sqrt(float x) {
  float y = float_of(0x5f375a86u - (bits_of(x) >> 1));
  for (int i = 0; i < 4; i++) y = y * fmaf(-0.5f * x * y, y, 1.5f);
  return x * y;
}
DEVICE float normal(u32 bits) {
  float x = ((float)(int)(bits >> 9) - 4194303.f - 0.5f) * 0x1p-22f;
  float w = -portable_log(fmaf(-x, x, 1.f));
  float p;
  if (w < 5) {
    w = w - 2.5f;
    p = 2.81022636e-08f;
    p = fmaf(p, w, 3.43273939e-07f);
    p = fmaf(p, w, -3.5233877e-06f);
    p = fmaf(p, w, -4.39150654e-06f);
    p = fmaf(p, w, 0.00021858087f);
    p = fmaf(p, w, -0.00125372503f);
    p = fmaf(p, w, -0.00417768164f);
    p = fmaf(p, w, 0.246640727f);
    p = fmaf(p, w, 1.50140941f);
  } else {
    w = portable_sqrt(w) - 3.f;
    p = -0.000200214257f;
    p = fmaf(p, w, 0.000100950558f);
    p = fmaf(p, w, 0.00134934322f);
    p = fmaf(p, w, -0.00367342844f);
    p = fmaf(p, w, 0.00573950773f);
    p = fmaf(p, w, -0.0076224613f);
    p = fmaf(p, w, 0.00943887047f);
    p = fmaf(p, w, 1.00167406f);
    p = fmaf(p, w, 2.83297682f);
  }
  return x * p * 1.41421356f;
}
KERNEL(random_draw, RandomArgs, 256) {
  for (i64 i = thread_index(); i < args.count; i += thread_count()) {
    u32 bits = random_bits((u64)args.key[0], (u64)args.key[1], (u64)args.key[2] + (u64)i);
    if (args.distribution == BITS) ((u32 *)args.to)[i] = bits;
    else if (args.distribution == NORMAL) store_real(args.to, args.type, i, normal(bits));
    else store_real(args.to, args.type, i, ((float)(int)(bits >> 9) + 0.5f) * 0x1p-23f);
  }
}

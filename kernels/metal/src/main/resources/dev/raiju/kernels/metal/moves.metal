// Values moved, converted and made: copy, cast, fill, iota, random numbers, bytes of the host.

// to[strides] = from[strides]; units of `bytes` bytes, strides in units.
struct CopyArgs {
  long count;
  device const void *from;
  device void *to;
  int bytes, rank;
  Axes sizes, from_strides, to_strides;
};
template <class T> void copy_units(constant CopyArgs &args, Self self) {
  for (long i = first_of(self); i < args.count; i += stride_of(self))
    ((device T *)args.to)[place(i, args.rank, args.sizes, args.to_strides)] =
        ((device const T *)args.from)[place(i, args.rank, args.sizes, args.from_strides)];
}
void copy_any(constant CopyArgs &args, Self self) {
  switch (args.bytes) {
    case 1: copy_units<uchar>(args, self); return;
    case 2: copy_units<ushort>(args, self); return;
    case 4: copy_units<uint>(args, self); return;
    case 8: copy_units<ulong>(args, self); return;
  }
  for (long i = first_of(self); i < args.count * args.bytes; i += stride_of(self)) {
    long unit = i / args.bytes, byte = i % args.bytes;
    ((device uchar *)args.to)[place(unit, args.rank, args.sizes, args.to_strides) * args.bytes + byte] =
        ((device const uchar *)args.from)[place(unit, args.rank, args.sizes, args.from_strides) * args.bytes + byte];
  }
}
KERNEL(copy, CopyArgs, copy_any)

// to[i] = from[strides], contiguous, in another type.
struct CastArgs {
  long count;
  device const void *from;
  device void *to;
  int from_type, to_type;
  int from_is_float, rank;
  Axes sizes, strides;
};
void cast_any(constant CastArgs &args, Self self) {
  for (long i = first_of(self); i < args.count; i += stride_of(self)) {
    long at = place(i, args.rank, args.sizes, args.strides);
    if (args.from_is_float) store_real(args.to, args.to_type, i, load_real(args.from, args.from_type, at));
    else store_whole(args.to, args.to_type, i, load_whole(args.from, args.from_type, at), args.from_type == U64);
  }
}
KERNEL(cast, CastArgs, cast_any)

// to[i] = the low `bytes` bytes of `bits`, contiguous.
struct FillArgs {
  long count;
  device void *to;
  ulong bits;
  long bytes;
};
void fill_any(constant FillArgs &args, Self self) {
  for (long i = first_of(self); i < args.count; i += stride_of(self)) {
    switch (args.bytes) {
      case 1: ((device uchar *)args.to)[i] = (uchar)args.bits; break;
      case 2: ((device ushort *)args.to)[i] = (ushort)args.bits; break;
      case 4: ((device uint *)args.to)[i] = (uint)args.bits; break;
      default: ((device ulong *)args.to)[i] = args.bits; break;
    }
  }
}
KERNEL(fill, FillArgs, fill_any)

// to[i] = bytes[i], as many as arguments can carry: what the host writes while the device is at work.
struct BytesArgs {
  long count;
  device uchar *to;
  uchar bytes[4000];
};
void write_any(constant BytesArgs &args, Self self) {
  for (long i = first_of(self); i < args.count; i += stride_of(self)) args.to[i] = args.bytes[i];
}
KERNEL(write_bytes, BytesArgs, write_any)

// to[i] = i.
struct IotaArgs {
  long count;
  device void *to;
  long type;
};
void iota_any(constant IotaArgs &args, Self self) {
  for (long i = first_of(self); i < args.count; i += stride_of(self)) store_whole(args.to, (int)args.type, i, i, false);
}
KERNEL(iota, IotaArgs, iota_any)

// Philox 4x32-10, Salmon et al. 2011: word i % 4 of the block with counter (i / 4, stream) under the seed. The normal transform is
// Giles 2012, of multiply-adds alone, so that every backend draws the same bits.
enum Distribution { UNIFORM, NORMAL, BITS };
struct RandomArgs {
  long count;
  device const long *key;
  device void *to;
  int type, distribution;
};
uint random_bits(ulong seed, ulong stream, ulong index) {
  uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
  ulong at = index >> 2;
  uint c0 = (uint)at, c1 = (uint)(at >> 32), c2 = (uint)stream, c3 = (uint)(stream >> 32);
  for (int round = 0; round < 10; round++) {
    uint high0 = mulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
    uint high1 = mulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  uint word = (uint)(index & 3);
  return word == 0 ? c0 : word == 1 ? c1 : word == 2 ? c2 : c3;
}
float portable_log(float x) {
  int bits = as_type<int>(x);
  int exponent = (bits - 0x3f3504f3) >> 23;
  float m = as_type<float>(bits - exponent * (1 << 23));
  float d = m + 1.f;
  float r = as_type<float>(0x7ef311c3u - as_type<uint>(d));
  for (int i = 0; i < 4; i++) r = fma(r, fma(-d, r, 1.f), r);
  float s = (m - 1.f) * r;
  float z = s * s;
  float p = fma(fma(fma(0.222221985f, z, 0.285714279f), z, 0.4f), z, 0.666666667f);
  float pz = p * z;
  return fma((float)exponent, 0.693147182f, fma(pz, s, 2.f * s));
}
float portable_sqrt(float x) {
  float y = as_type<float>(0x5f375a86u - (as_type<uint>(x) >> 1));
  for (int i = 0; i < 4; i++) y = y * fma(-0.5f * x * y, y, 1.5f);
  return x * y;
}
float normal(uint bits) {
  float x = ((float)(int)(bits >> 9) - 4194303.f - 0.5f) * 2.384185791015625e-07f;
  float w = -portable_log(fma(-x, x, 1.f));
  float p;
  if (w < 5) {
    w = w - 2.5f;
    p = 2.81022636e-08f;
    p = fma(p, w, 3.43273939e-07f);
    p = fma(p, w, -3.5233877e-06f);
    p = fma(p, w, -4.39150654e-06f);
    p = fma(p, w, 0.00021858087f);
    p = fma(p, w, -0.00125372503f);
    p = fma(p, w, -0.00417768164f);
    p = fma(p, w, 0.246640727f);
    p = fma(p, w, 1.50140941f);
  } else {
    w = portable_sqrt(w) - 3.f;
    p = -0.000200214257f;
    p = fma(p, w, 0.000100950558f);
    p = fma(p, w, 0.00134934322f);
    p = fma(p, w, -0.00367342844f);
    p = fma(p, w, 0.00573950773f);
    p = fma(p, w, -0.0076224613f);
    p = fma(p, w, 0.00943887047f);
    p = fma(p, w, 1.00167406f);
    p = fma(p, w, 2.83297682f);
  }
  return x * p * 1.41421356f;
}
void draw(constant RandomArgs &args, Self self) {
  for (long i = first_of(self); i < args.count; i += stride_of(self)) {
    uint bits = random_bits((ulong)args.key[0], (ulong)args.key[1], (ulong)args.key[2] + (ulong)i);
    if (args.distribution == BITS) ((device uint *)args.to)[i] = bits;
    else if (args.distribution == NORMAL) store_real(args.to, args.type, i, normal(bits));
    else store_real(args.to, args.type, i, ((float)(int)(bits >> 9) + 0.5f) * 1.1920928955078125e-07f);
  }
}
KERNEL(random_draw, RandomArgs, draw)

// What all kernels use. Plain Metal Shading Language 3.0; every kernel file is compiled with this before it.
//
// House rules: a kernel gets one struct of arguments, laid out as C does, in which tensors are addresses of memory that the encoder
// made resident; threadgroups have one axis of threads and at most 32 KiB in one struct; simdgroups have 32 lanes; barriers and
// simdgroup functions are reached by every thread of the threadgroup or simdgroup; nothing is of type double.
#include <metal_stdlib>
using namespace metal;

// Where a thread is. A launch may come as several dispatches, which count threadgroups through.
struct Self {
  uint3 group;
  // threadgroups along the first axis of the launch
  uint groups;
  // in its threadgroup, and how many there are
  uint index, count;
};

#define PARAMETERS(Args) \
  constant Args &args [[buffer(0)]], constant uint2 &part [[buffer(1)]], uint3 group [[threadgroup_position_in_grid]], \
      uint index [[thread_index_in_threadgroup]], uint3 threads [[threads_per_threadgroup]]
#define SELF Self{uint3(group.x + part.x, group.y, group.z), part.y, index, threads.x}

// A kernel that is a function of its arguments and the thread, and one whose threadgroups share a struct.
#define KERNEL(name, Args, ...) \
  [[kernel, max_total_threads_per_threadgroup(256)]] void name(PARAMETERS(Args)) { __VA_ARGS__(args, SELF); }
#define GROUP_KERNEL(name, Args, Shared, ...) \
  [[kernel, max_total_threads_per_threadgroup(256)]] void name(PARAMETERS(Args)) { \
    threadgroup Shared shared; \
    __VA_ARGS__(args, SELF, shared); \
  }
#define KERNELS(function, Args) \
  KERNEL(function##_f32, Args, function<float>) \
  KERNEL(function##_f16, Args, function<half>) \
  KERNEL(function##_bf16, Args, function<bf16>)
#define GROUP_KERNELS(function, Args, Shared) \
  GROUP_KERNEL(function##_f32, Args, Shared, function<float>) \
  GROUP_KERNEL(function##_f16, Args, Shared, function<half>) \
  GROUP_KERNEL(function##_bf16, Args, Shared, function<bf16>)

// The first element of a thread, and the distance to its next, when all threads of a launch share the elements.
long first_of(Self self) { return (long)self.group.x * self.count + self.index; }
long stride_of(Self self) { return (long)self.groups * self.count; }

#define INFINITE as_type<float>(0x7f800000u)
#define NOT_A_NUMBER as_type<float>(0x7fc00000u)
constant constexpr long LEAST_LONG = -0x7fffffffffffffffL - 1;
constant constexpr long MOST_LONG = 0x7fffffffffffffffL;

// The types of elements, as ElementType in Java numbers them.
enum Type { F32, F16, BF16, I64, I32, I8, U8, BOOL, I16, U16, U32, U64, E4M3, E5M2 };

// by hand, since the language has the type from version 3.1 on only
struct bf16 {
  ushort bits;
};

bool is_nan(float x) { return x != x; }

ushort bf16_bits(float x) {
  uint bits = as_type<uint>(x);
  if (is_nan(x)) return (ushort)(bits >> 16 | 0x40);
  return (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
float float_of_bf16(ushort bits) { return as_type<float>((uint)bits << 16); }
float float_of_half(ushort bits) { return (float)as_type<half>(bits); }
ushort half_bits(float x) { return as_type<ushort>((half)x); }

float load(device const float *p, long i) { return p[i]; }
float load(device const half *p, long i) { return (float)p[i]; }
float load(device const bf16 *p, long i) { return float_of_bf16(p[i].bits); }
void store(device float *p, long i, float x) { p[i] = x; }
void store(device half *p, long i, float x) { p[i] = (half)x; }
void store(device bf16 *p, long i, float x) { p[i].bits = bf16_bits(x); }

float larger(float a, float b) { return is_nan(a) || a > b ? a : is_nan(b) || b > a ? b : as_type<uint>(a) >> 31 ? b : a; }
float smaller(float a, float b) { return is_nan(a) || a < b ? a : is_nan(b) || b < a ? b : as_type<uint>(a) >> 31 ? a : b; }

// 4 exponent bits with bias 7, 3 fraction bits, no infinity; all ones is NaN
float float_of_e4m3(uchar code) {
  int magnitude = code & 0x7f;
  int exponent = magnitude >> 3;
  float value = ldexp((float)(exponent ? (magnitude & 7) + 8 : magnitude & 7), (exponent ? exponent : 1) - 10);
  if (magnitude == 0x7f) value = NOT_A_NUMBER;
  return code & 0x80 ? -value : value;
}
// rounded to nearest even; `limit` is the middle between the largest number and the next
uchar small_float(float x, int fraction, int least, float limit, bool inclusive, int beyond, int none) {
  int sign = as_type<uint>(x) >> 31 ? 0x80 : 0;
  float magnitude = fabs(x);
  if (is_nan(x)) return (uchar)(sign | none);
  if (inclusive ? magnitude > limit : magnitude >= limit) return (uchar)(sign | beyond);
  int exponent = (int)(as_type<uint>(magnitude) >> 23) - 127;
  if (exponent < least) exponent = least;
  int steps = (int)rint(ldexp(magnitude, fraction - exponent));
  return (uchar)(sign | (steps + (exponent - least) * (1 << fraction)));
}
uchar e4m3_of(float x) { return small_float(x, 3, -6, 464.f, true, 0x7f, 0x7f); }
uchar e5m2_of(float x) { return small_float(x, 2, -14, 61440.f, false, 0x7c, 0x7e); }

// Element `i` of a float type, or of a bool.
float load_real(device const void *p, int type, long i) {
  switch (type) {
    case F32: return ((device const float *)p)[i];
    case F16: return (float)((device const half *)p)[i];
    case BF16: return float_of_bf16(((device const ushort *)p)[i]);
    case E4M3: return float_of_e4m3(((device const uchar *)p)[i]);
    case E5M2: return float_of_half((ushort)(((device const uchar *)p)[i] << 8));
    default: return ((device const uchar *)p)[i] ? 1.f : 0.f;
  }
}

// Element `i` of an integer type; the top half of U64 wraps.
long load_whole(device const void *p, int type, long i) {
  switch (type) {
    case I32: return ((device const int *)p)[i];
    case U32: return ((device const uint *)p)[i];
    case I16: return ((device const short *)p)[i];
    case U16: return ((device const ushort *)p)[i];
    case I8: return ((device const char *)p)[i];
    case U8: return ((device const uchar *)p)[i];
    case BOOL: return ((device const uchar *)p)[i] != 0;
    default: return ((device const long *)p)[i];
  }
}

// What is stored of a float: rounded to nearest even; for integers cut towards zero and clamped, NaN as 0.
long clamped(float x, float least, float beyond, long low, long high) {
  return is_nan(x) ? 0 : x < least ? low : x >= beyond ? high : (long)x;
}
void store_real(device void *p, int type, long i, float x) {
  switch (type) {
    case F32: ((device float *)p)[i] = x; return;
    case F16: ((device half *)p)[i] = (half)x; return;
    case BF16: ((device ushort *)p)[i] = bf16_bits(x); return;
    case E4M3: ((device uchar *)p)[i] = e4m3_of(x); return;
    case E5M2: ((device uchar *)p)[i] = e5m2_of(x); return;
    case BOOL: ((device uchar *)p)[i] = x != 0; return;
    case I64: ((device long *)p)[i] = clamped(x, -9223372036854775808.f, 9223372036854775808.f, LEAST_LONG, MOST_LONG); return;
    case U64: ((device ulong *)p)[i] = is_nan(x) || x < 0 ? 0 : x >= 18446744073709551616.f ? ~0ul : (ulong)x; return;
    case I32: ((device int *)p)[i] = (int)clamped(x, -2147483648.f, 2147483648.f, -0x80000000L, 0x7fffffff); return;
    case U32: ((device uint *)p)[i] = (uint)clamped(x, 0.f, 4294967296.f, 0, 0xffffffffL); return;
    case I16: ((device short *)p)[i] = (short)clamped(x, -32768.f, 32768.f, -0x8000, 0x7fff); return;
    case U16: ((device ushort *)p)[i] = (ushort)clamped(x, 0.f, 65536.f, 0, 0xffff); return;
    case I8: ((device char *)p)[i] = (char)clamped(x, -128.f, 128.f, -128, 127); return;
    case U8: ((device uchar *)p)[i] = (uchar)clamped(x, 0.f, 256.f, 0, 255); return;
  }
}

// The f32 near a whole number that rounds on to any narrower type as the number itself would: what is cut off leaves a sticky bit.
float sticky_float(long value, bool is_unsigned) {
  bool negative = value < 0 && !is_unsigned;
  ulong magnitude = negative ? 0 - (ulong)value : (ulong)value;
  uint high = (uint)(magnitude >> 32);
  int cut = 64 - 24 - (int)(high ? clz(high) : 32 + clz((uint)magnitude | 1));
  float x = (float)magnitude;
  if (cut > 0) {
    ulong kept = magnitude >> cut;
    if (magnitude & ((1ul << cut) - 1)) kept |= 1;
    x = ldexp((float)kept, cut);
  }
  return negative ? -x : x;
}

// What is stored of a whole number: integers keep the low bits, floats are rounded once.
void store_whole(device void *p, int type, long i, long value, bool is_unsigned) {
  switch (type) {
    case I64:
    case U64: ((device long *)p)[i] = value; return;
    case I32:
    case U32: ((device int *)p)[i] = (int)value; return;
    case I16:
    case U16: ((device short *)p)[i] = (short)value; return;
    case I8:
    case U8: ((device char *)p)[i] = (char)value; return;
    case BOOL: ((device uchar *)p)[i] = value != 0; return;
    case F32: ((device float *)p)[i] = is_unsigned ? (float)(ulong)value : (float)value; return;
    default: store_real(p, type, i, sticky_float(value, is_unsigned)); return;
  }
}

// Sizes and strides of up to 8 axes, outermost first.
struct Axes {
  long sizes[8];
};

// Where element `i` of a row-major count lies: Σ index · stride.
long place(long i, int rank, constant Axes &sizes, constant Axes &strides) {
  long at = 0;
  if (i <= 0xffffffffL) {
    uint rest = (uint)i;
    for (int axis = rank - 1; axis > 0; axis--) {
      uint size = (uint)sizes.sizes[axis];
      uint next = rest / size;
      at += (long)(rest - next * size) * strides.sizes[axis];
      rest = next;
    }
    return rank > 0 ? at + (long)rest * strides.sizes[0] : at;
  }
  for (int axis = rank - 1; axis > 0; axis--) {
    long next = i / sizes.sizes[axis];
    at += (i - next * sizes.sizes[axis]) * strides.sizes[axis];
    i = next;
  }
  return rank > 0 ? at + i * strides.sizes[0] : at;
}

// What a lane's partner has, the one whose number differs in the bits of the mask.
float swapped(float x, ushort mask) { return simd_shuffle_xor(x, mask); }
// in halves, since shuffles move 32 bits
long swapped(long x, ushort mask) {
  uint low = simd_shuffle_xor((uint)x, mask), high = simd_shuffle_xor((uint)((ulong)x >> 32), mask);
  return (long)((ulong)high << 32 | low);
}
float simd_larger(float x) {
  for (ushort mask = 16; mask > 0; mask >>= 1) x = larger(x, swapped(x, mask));
  return x;
}

// One number of each simdgroup, to be joined over the threadgroup.
struct PerSimdgroup {
  float of[8];
};

// The sum over a threadgroup of whole simdgroups, in every thread. `spare` may be used again at once.
float group_sum(float x, Self self, threadgroup PerSimdgroup &spare) {
  x = simd_sum(x);
  if (self.index % 32 == 0) spare.of[self.index / 32] = x;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  float all = 0;
  for (uint i = 0; i < self.count / 32; i++) all += spare.of[i];
  // before the next sum overwrites what a slow simdgroup still reads
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return all;
}
float group_larger(float x, Self self, threadgroup PerSimdgroup &spare) {
  x = simd_larger(x);
  if (self.index % 32 == 0) spare.of[self.index / 32] = x;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  float all = spare.of[0];
  for (uint i = 1; i < self.count / 32; i++) all = larger(all, spare.of[i]);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return all;
}

float gelu_tanh(float x) { return 0.5f * x * (1.f + precise::tanh(0.7978845608028654f * (x + 0.044715f * x * x * x))); }

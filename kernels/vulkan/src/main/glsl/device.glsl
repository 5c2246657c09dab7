// What the kernels may use of the machine: memory by address, the types of elements, elementary functions, and sums over a block.
//
// House rules: a kernel gets the address of one struct of arguments and nothing else; its number and type are specialisation
// constants, so that a pipeline holds nothing of the others; subgroups may have any size; barrier() and what is built on it is reached
// by every thread of the block. No function's precision is left to the driver where Vulkan promises less than a few units in the last
// place.
#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_int8 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int16 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_basic : require

#define i64 int64_t
#define u64 uint64_t

layout(local_size_x_id = 0) in;
// which of the file's kernels, as its name is numbered in Java, and the type of its elements where it is made for one
layout(constant_id = 1) const int KERNEL = 0;
layout(constant_id = 2) const int TYPE = 0;

layout(push_constant, scalar) uniform Launch {
  u64 arguments;
  // of this dispatch: a launch with more blocks than a dispatch may have is several
  uint first_block;
} launch;

uint block_x() { return launch.first_block + gl_WorkGroupID.x; }
uint thread() { return gl_LocalInvocationID.x; }
uint threads() { return gl_WorkGroupSize.x; }

// ---- memory

layout(buffer_reference, scalar, buffer_reference_align = 1) buffer Byte { uint8_t v; };
layout(buffer_reference, scalar, buffer_reference_align = 2) buffer Short { uint16_t v; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Word { uint v; };
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Long { i64 v; };

uint byte_at(u64 p, i64 i) { return uint(Byte(p + u64(i)).v); }
uint short_at(u64 p, i64 i) { return uint(Short(p + u64(i) * 2ul).v); }
uint word_at(u64 p, i64 i) { return Word(p + u64(i) * 4ul).v; }
i64 long_at(u64 p, i64 i) { return Long(p + u64(i) * 8ul).v; }
float float_at(u64 p, i64 i) { return uintBitsToFloat(word_at(p, i)); }
void set_byte(u64 p, i64 i, uint x) { Byte(p + u64(i)).v = uint8_t(x); }
void set_short(u64 p, i64 i, uint x) { Short(p + u64(i) * 2ul).v = uint16_t(x); }
void set_word(u64 p, i64 i, uint x) { Word(p + u64(i) * 4ul).v = x; }
void set_long(u64 p, i64 i, i64 x) { Long(p + u64(i) * 8ul).v = x; }
void set_float(u64 p, i64 i, float x) { set_word(p, i, floatBitsToUint(x)); }

// ---- numbers

#define INFINITE uintBitsToFloat(0x7f800000u)
#define NOT_A_NUMBER uintBitsToFloat(0x7fc00000u)

bool is_nan(float x) { return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u; }
float power_of_two(int k) { return uintBitsToFloat(uint(k + 127) << 23); }

// Numbers in their order as bits: -0 before +0, NaN behind all others.
uint order_of(float x) {
  uint bits = floatBitsToUint(x);
  return is_nan(x) ? 0xffffffffu : (bits >> 31) != 0u ? ~bits : bits | 0x80000000u;
}
float of_order(uint order) {
  return order == 0xffffffffu ? NOT_A_NUMBER : uintBitsToFloat((order >> 31) != 0u ? order & 0x7fffffffu : ~order);
}
// NaN if either is
float larger(float a, float b) { return of_order(max(order_of(a), order_of(b))); }
float smaller(float a, float b) { return is_nan(a) || is_nan(b) ? NOT_A_NUMBER : of_order(min(order_of(a), order_of(b))); }

float float_of_half(uint bits) {
  uint magnitude = bits & 0x7fffu;
  uint sign = (bits & 0x8000u) << 16;
  if (magnitude >= 0x7c00u) return uintBitsToFloat(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  // below the smallest normal number a count of the smallest steps
  if (magnitude < 0x400u) return uintBitsToFloat(sign | floatBitsToUint(float(magnitude) * power_of_two(-24)));
  return uintBitsToFloat(sign | (magnitude << 13) + 0x38000000u);
}
// the nearest, the even one of two
uint half_of_float(float x) {
  uint bits = floatBitsToUint(x);
  uint sign = bits >> 16 & 0x8000u;
  uint magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return sign | 0x7e00u | magnitude >> 13 & 0x3ffu;
  if (magnitude >= 0x47800000u) return sign | 0x7c00u;
  if (magnitude < 0x38800000u) return sign | uint(roundEven(uintBitsToFloat(magnitude) * power_of_two(24)));
  uint rounded = magnitude - 0x38000000u;
  return sign | (rounded + 0xfffu + (rounded >> 13 & 1u)) >> 13;
}
uint bf16_of_float(float x) {
  uint bits = floatBitsToUint(x);
  if (is_nan(x)) return bits >> 16 | 0x40u;
  return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}
// 4 exponent bits with bias 7, 3 fraction bits, no infinity; all ones is NaN
float float_of_e4m3(uint code) {
  uint magnitude = code & 0x7fu;
  uint exponent = magnitude >> 3;
  float value = float(exponent != 0u ? (magnitude & 7u) + 8u : magnitude & 7u) * power_of_two(int(max(exponent, 1u)) - 10);
  if (magnitude == 0x7fu) value = NOT_A_NUMBER;
  return uintBitsToFloat(floatBitsToUint(value) | (code & 0x80u) << 24);
}
// rounded to nearest even; `limit` is the middle between the largest number and the next
uint small_float(float x, int fraction, int least, float limit, bool inclusive, uint beyond, uint none) {
  uint sign = floatBitsToUint(x) >> 24 & 0x80u;
  float magnitude = abs(x);
  if (is_nan(x)) return sign | none;
  if (inclusive ? magnitude > limit : magnitude >= limit) return sign | beyond;
  int exponent = max(int(floatBitsToUint(magnitude) >> 23) - 127, least);
  int steps = int(roundEven(magnitude * power_of_two(fraction - exponent)));
  return sign | uint(steps + (exponent - least) * (1 << fraction));
}

// The types of elements, as ElementType in Java numbers them.
const int F32 = 0, F16 = 1, BF16 = 2, I64 = 3, I32 = 4, I8 = 5, U8 = 6, BOOL = 7, I16 = 8, U16 = 9, U32 = 10, U64 = 11, E4M3 = 12, E5M2 = 13;

// Element `i` of a float type, or of a bool.
float load_real(u64 p, int type, i64 i) {
  switch (type) {
    case F32: return float_at(p, i);
    case F16: return float_of_half(short_at(p, i));
    case BF16: return uintBitsToFloat(short_at(p, i) << 16);
    case E4M3: return float_of_e4m3(byte_at(p, i));
    case E5M2: return float_of_half(byte_at(p, i) << 8);
    default: return byte_at(p, i) != 0u ? 1.0 : 0.0;
  }
}

// Element `i` of an integer type; the top half of U64 wraps.
i64 load_whole(u64 p, int type, i64 i) {
  switch (type) {
    case I32: return i64(int(word_at(p, i)));
    case U32: return i64(word_at(p, i));
    case I16: return i64(int(short_at(p, i) << 16) >> 16);
    case U16: return i64(short_at(p, i));
    case I8: return i64(int(byte_at(p, i) << 24) >> 24);
    case U8: return i64(byte_at(p, i));
    case BOOL: return byte_at(p, i) != 0u ? 1l : 0l;
    default: return long_at(p, i);
  }
}

// A whole float cut towards zero, for magnitudes below 2^63; by bits, since not every driver converts 64-bit numbers exactly.
i64 whole_of(float x) {
  uint bits = floatBitsToUint(x);
  int shift = int(bits >> 23 & 0xffu) - 150;
  i64 fraction = i64(bits & 0x7fffffu | 0x800000u);
  i64 magnitude = shift < -24 ? 0l : shift < 0 ? fraction >> -shift : fraction << shift;
  return (bits >> 31) != 0u ? -magnitude : magnitude;
}
// What is stored of a float: rounded to nearest even; for integers cut towards zero and clamped, NaN as 0.
i64 clamped(float x, float least, float beyond, i64 low, i64 high) {
  return is_nan(x) ? 0l : x < least ? low : x >= beyond ? high : whole_of(x);
}
void store_real(u64 p, int type, i64 i, float x) {
  switch (type) {
    case F32: set_float(p, i, x); return;
    case F16: set_short(p, i, half_of_float(x)); return;
    case BF16: set_short(p, i, bf16_of_float(x)); return;
    case E4M3: set_byte(p, i, small_float(x, 3, -6, 464.0, true, 0x7fu, 0x7fu)); return;
    case E5M2: set_byte(p, i, small_float(x, 2, -14, 61440.0, false, 0x7cu, 0x7eu)); return;
    case BOOL: set_byte(p, i, x != 0.0 ? 1u : 0u); return;
    case I64: set_long(p, i, clamped(x, -power_of_two(63), power_of_two(63), i64(0x8000000000000000ul), 0x7fffffffffffffffl)); return;
    case U64:
      if (is_nan(x) || x < 0.0) set_long(p, i, 0l);
      else if (x >= power_of_two(64)) set_long(p, i, -1l);
      else if (x >= power_of_two(63)) set_long(p, i, whole_of(x * 0.5) << 1);
      else set_long(p, i, whole_of(x));
      return;
    case I32: set_word(p, i, uint(clamped(x, -power_of_two(31), power_of_two(31), -0x80000000l, 0x7fffffffl))); return;
    case U32: set_word(p, i, uint(clamped(x, 0.0, power_of_two(32), 0l, 0xffffffffl))); return;
    case I16: set_short(p, i, uint(clamped(x, -32768.0, 32768.0, -32768l, 32767l))); return;
    case U16: set_short(p, i, uint(clamped(x, 0.0, 65536.0, 0l, 65535l))); return;
    case I8: set_byte(p, i, uint(clamped(x, -128.0, 128.0, -128l, 127l))); return;
    case U8: set_byte(p, i, uint(clamped(x, 0.0, 256.0, 0l, 255l))); return;
  }
}

// The highest set bit, of a number that is not 0.
int highest(u64 x) {
  uint high = uint(x >> 32);
  return high != 0u ? 32 + findMSB(high) : findMSB(uint(x));
}
// The f32 nearest to a whole number; with `sticky`, one that rounds on to any narrower type as the number itself would.
float float_of_whole(i64 value, bool is_unsigned, bool sticky) {
  bool negative = value < 0l && !is_unsigned;
  u64 magnitude = negative ? 0ul - u64(value) : u64(value);
  if (magnitude == 0ul) return 0.0;
  int cut = highest(magnitude) - 23;
  float x;
  if (cut <= 0) {
    x = float(uint(magnitude));
  } else {
    u64 kept = magnitude >> cut;
    u64 lost = magnitude & (1ul << cut) - 1ul;
    u64 middle = 1ul << cut - 1;
    if (sticky) kept |= lost != 0ul ? 1ul : 0ul;
    else if (lost > middle || lost == middle && (kept & 1ul) != 0ul) kept++;
    x = float(uint(kept)) * power_of_two(cut);
  }
  return negative ? -x : x;
}

u64 shifted_right(u64 x, int by) {
  if (by <= 0) return x;
  if (by > 63) return x != 0ul ? 1ul : 0ul;
  // what is lost leaves a mark in the lowest bit
  return x >> by | ((x & (1ul << by) - 1ul) != 0ul ? 1ul : 0ul);
}
bool is_normal(uint bits) { return (bits >> 23 & 0xffu) - 1u < 254u; }
// a b + c rounded once, which Vulkan's fma() need not be; as two steps where one of them or the result is below the normal numbers, or
// infinite.
float fused(float a, float b, float c) {
  uint x = floatBitsToUint(a), y = floatBitsToUint(b), z = floatBitsToUint(c);
  if (!is_normal(x) && x << 1 != 0u || !is_normal(y) && y << 1 != 0u || !is_normal(z) && z << 1 != 0u) return a * b + c;
  // a sum of zeros is negative if both are
  if (x << 1 == 0u || y << 1 == 0u) return z << 1 == 0u ? uintBitsToFloat((x ^ y) & z & 0x80000000u) : c;
  // both terms as whole numbers of 62 bits at most times a power of two
  u64 product = u64(x & 0x7fffffu | 0x800000u) * u64(y & 0x7fffffu | 0x800000u) << 13;
  int scale = int(x >> 23 & 0xffu) + int(y >> 23 & 0xffu) - 300 - 13;
  bool product_is_negative = (x ^ y) >> 31 != 0u;
  u64 term = z << 1 == 0u ? 0ul : u64(z & 0x7fffffu | 0x800000u) << 37;
  int term_scale = z << 1 == 0u ? scale : int(z >> 23 & 0xffu) - 150 - 37;
  int larger_scale = max(scale, term_scale);
  product = shifted_right(product, larger_scale - scale);
  term = shifted_right(term, larger_scale - term_scale);
  i64 sum = (product_is_negative ? -i64(product) : i64(product)) + ((z >> 31) != 0u ? -i64(term) : i64(term));
  if (sum == 0l) return 0.0;
  u64 magnitude = u64(sum < 0l ? -sum : sum);
  int top = highest(magnitude);
  int cut = top - 23;
  u64 kept = cut > 0 ? magnitude >> cut : magnitude << -cut;
  if (cut > 0) {
    u64 lost = magnitude & (1ul << cut) - 1ul;
    u64 middle = 1ul << cut - 1;
    if (lost > middle || lost == middle && (kept & 1ul) != 0ul) kept++;
  }
  int exponent = larger_scale + cut + 150;
  if (exponent < 1 || exponent > 253) return a * b + c;
  // a carry into the next power of two moves on into the exponent
  uint bits = (uint(exponent - 1) << 23) + uint(kept);
  return uintBitsToFloat(bits | (sum < 0l ? 0x80000000u : 0u));
}
// What is stored of a whole number: integers keep the low bits, floats are rounded once.
void store_whole(u64 p, int type, i64 i, i64 value, bool is_unsigned) {
  switch (type) {
    case I64:
    case U64: set_long(p, i, value); return;
    case I32:
    case U32: set_word(p, i, uint(value)); return;
    case I16:
    case U16: set_short(p, i, uint(value)); return;
    case I8:
    case U8: set_byte(p, i, uint(value)); return;
    case BOOL: set_byte(p, i, value != 0l ? 1u : 0u); return;
    case F32: set_float(p, i, float_of_whole(value, is_unsigned, false)); return;
    default: store_real(p, type, i, float_of_whole(value, is_unsigned, true)); return;
  }
}

// Elements of the kernel's own type.
float load(u64 p, i64 i) { return load_real(p, TYPE, i); }
void store(u64 p, i64 i, float x) { store_real(p, TYPE, i, x); }
i64 bytes_of(int type) { return type == F32 ? 4l : 2l; }

// ---- places

// a / b of numbers that are not negative; most fit 32 bits, where division is many times faster.
i64 quotient(i64 a, i64 b) {
  return (a | b) <= 0xffffffffl ? i64(uint(a) / uint(b)) : a / b;
}
i64 remainder(i64 a, i64 b) { return a - quotient(a, b) * b; }

// Declares `at`: where element `i` of a row-major count lies, Σ index · stride. A macro, since arrays would be passed by copy.
#define PLACE(at, i, rank, sizes, strides) \
  i64 at = 0l; \
  { \
    i64 rest = i; \
    for (int axis = (rank) - 1; axis > 0; axis--) { \
      i64 next = quotient(rest, sizes[axis]); \
      at += (rest - next * sizes[axis]) * strides[axis]; \
      rest = next; \
    } \
    if ((rank) > 0) at += rest * strides[0]; \
  }

// The first element of this thread, and the distance to its next, when all threads of the grid share some.
i64 thread_index() { return i64(block_x()) * i64(threads()) + i64(thread()); }
i64 thread_count() { return i64(gl_NumWorkGroups.x) * i64(threads()); }
#define FOR_ALL(i, count) for (i64 i = thread_index(); i < (count); i += thread_count())

// ---- elementary functions: at most 3 units in the last place; none leans on fused multiply-adds

// eʳ - 1 for |r| ≤ ln 2 / 2
float exp_minus_one(float r) {
  precise float q = (((0.00138200738 * r + 0.00836961053) * r + 0.0416684374) * r + 0.166665211) * r + 0.49999994;
  precise float y = q * r * r + r;
  return y;
}
// x = k ln 2 + r; the upper part of ln 2 is so short that its products are exact
float exp_remainder(float x, out int k) {
  float n = roundEven(x * 1.44269504);
  k = int(n);
  precise float r = (x - n * 0.693359375) - n * -2.12194440e-4;
  return r;
}
// y · 2ᵏ, rounded once below the normal numbers
float scaled(float y, int k) {
  if (k > 127) return y * power_of_two(127) * power_of_two(k - 127);
  if (k >= -126) return y * power_of_two(k);
  // in steps of the smallest number, whose count is the number's bits
  return uintBitsToFloat(uint(roundEven(y * power_of_two(max(k + 149, -126)))));
}
float exponential(float x) {
  if (is_nan(x)) return x;
  int k;
  float r = exp_remainder(clamp(x, -104.0, 89.0), k);
  return scaled(exp_minus_one(r) + 1.0, k);
}
float logarithm(float x) {
  uint raw = floatBitsToUint(x);
  if (is_nan(x) || raw == 0x7f800000u) return x;
  if ((raw & 0x7fffffffu) == 0u) return -INFINITE;
  if ((raw >> 31) != 0u) return NOT_A_NUMBER;
  // below the normal numbers, of the count of smallest steps
  bool subnormal = raw < 0x800000u;
  int bits = int(subnormal ? floatBitsToUint(float(raw)) : raw);
  int e = bits - 0x3f3504f3 >> 23;
  precise float f = intBitsToFloat(bits - (e << 23)) - 1.0;
  float n = float(subnormal ? e - 149 : e);
  precise float p = (((((((0.0674664033 * f - 0.1167565177) * f + 0.1188816232) * f - 0.1240558893) * f + 0.1421955235) * f
      - 0.1666799585) * f + 0.2000211866) * f - 0.2500000960) * f + 0.3333331260;
  precise float z = f * f;
  precise float y = n * -1.90465421e-9 + p * f * z;
  y = (y - z * 0.5) + f;
  y = n * 0.693147182 + y;
  return y;
}
// t / (t + 2) with t = exp(2|x|) - 1, which keeps its precision near 0
float tangent(float x) {
  if (is_nan(x)) return x;
  int k;
  float r = exp_remainder(2.0 * min(abs(x), 10.0), k);
  precise float t = power_of_two(k) * exp_minus_one(r) + (power_of_two(k) - 1.0);
  precise float y = t / (t + 2.0);
  return uintBitsToFloat(floatBitsToUint(y) & 0x7fffffffu | floatBitsToUint(x) & 0x80000000u);
}
float gelu_tanh(float x) { return 0.5 * x * (1.0 + tangent(0.7978845608028654 * (x + 0.044715 * x * x * x))); }

// ---- over a block

// one number of each subgroup; blocks have at most 256 threads
shared float of_subgroups[256];

// The sum over the block, in every thread.
float block_sum(float x) {
  x = subgroupAdd(x);
  if (subgroupElect()) of_subgroups[gl_SubgroupID] = x;
  barrier();
  float all = 0.0;
  for (uint s = 0u; s < gl_NumSubgroups; s++) all += of_subgroups[s];
  // before the next sum overwrites what a slow thread still reads
  barrier();
  return all;
}
float block_max(float x) {
  uint most = subgroupMax(order_of(x));
  if (subgroupElect()) of_subgroups[gl_SubgroupID] = of_order(most);
  barrier();
  float all = of_subgroups[0];
  for (uint s = 1u; s < gl_NumSubgroups; s++) all = larger(all, of_subgroups[s]);
  barrier();
  return all;
}

// What the kernels may use of the machine. Every instruction beyond plain C++ has a name here, so that the same sources run on a
// GPU and, through emulation.h, on a CPU in the tests.
//
// House rules: a kernel gets one struct of arguments, 8-byte aligned, and nothing else; shared memory is one struct, whose size
// the host passes; warps have 32 lanes; BARRIER() and the warp functions are reached by every thread of the block or warp.
#pragma once

typedef long long i64;
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short u16;

#ifdef __CUDACC__

#include <math_constants.h>
#define DEVICE __device__ __forceinline__
#define KERNEL(name, Args, threads) extern "C" __global__ void __launch_bounds__(threads) name(const __grid_constant__ Args args)
#define SHARED(Type, name) \
  extern __shared__ __align__(16) unsigned char shared_memory[]; \
  Type &name = *reinterpret_cast<Type *>(shared_memory)
#define BARRIER() __syncthreads()
#define WARP_BARRIER() __syncwarp()
#define UNROLL _Pragma("unroll")
#define ROLLED _Pragma("unroll 1")

DEVICE float warp_xor(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }
DEVICE i64 warp_xor(i64 value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }
DEVICE float warp_from(float value, int lane) { return __shfl_sync(0xffffffffu, value, lane); }
DEVICE int leading_zeros(u64 value) { return __clzll((long long)value); }
DEVICE u32 bits_of(float value) { return __float_as_uint(value); }
DEVICE float float_of(u32 bits) { return __uint_as_float(bits); }
DEVICE u32 high_product(u32 a, u32 b) { return __umulhi(a, b); }

DEVICE float float_of_half(u16 bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}
DEVICE u16 half_of_float(float value) {
  u16 bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}

// 16 bytes from global to shared memory, zeros instead where !valid; there only after ASYNC_WAIT
DEVICE void async_copy(void *shared, const void *global, bool valid) {
  u32 to = (u32)__cvta_generic_to_shared(shared);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(valid ? 16 : 0) : "memory");
}
// ends a group of copies
DEVICE void async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> DEVICE void async_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory"); }
// waits until at most `pending` of this thread's groups are under way
#define ASYNC_WAIT(pending) async_wait<pending>()

// four 8x8 matrices of 16-bit elements; lane l names the address of row l % 8 of matrix l / 8
DEVICE void load_matrices(u32 (&r)[4], const void *shared) {
  u32 from = (u32)__cvta_generic_to_shared(shared);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
}
// the same, each matrix turned
DEVICE void load_matrices_turned(u32 (&r)[4], const void *shared) {
  u32 from = (u32)__cvta_generic_to_shared(shared);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
}
// c += a b for a 16x16 row-major, b 16x8 column-major
DEVICE void multiply_bf16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
DEVICE void multiply_f16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#else
#include "emulation.h"
#endif

#define INFINITE float_of(0x7f800000u)
#define NOT_A_NUMBER float_of(0x7fc00000u)

// The types of elements, as ElementType in Java numbers them.
enum Type { F32, F16, BF16, I64, I32, I8, U8, BOOL, I16, U16, U32, U64, E4M3, E5M2 };

struct f16 {
  u16 bits;
};
struct bf16 {
  u16 bits;
};

DEVICE bool is_nan(float x) { return x != x; }

DEVICE float wide(float x) { return x; }
DEVICE float wide(f16 x) { return float_of_half(x.bits); }
DEVICE float wide(bf16 x) { return float_of((u32)x.bits << 16); }

DEVICE u16 bf16_bits(float x) {
  u32 bits = bits_of(x);
  if (is_nan(x)) return (u16)(bits >> 16 | 0x40);
  return (u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
DEVICE u16 narrow_bits(float x, bf16) { return bf16_bits(x); }
DEVICE u16 narrow_bits(float x, f16) { return half_of_float(x); }
// two neighbours in a register of the matrix units, the first in the low half
template <class T> DEVICE u32 pair(float first, float second) { return narrow_bits(first, T()) | (u32)narrow_bits(second, T()) << 16; }
DEVICE void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, bf16) { multiply_bf16(c, a, b0, b1); }
DEVICE void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, f16) { multiply_f16(c, a, b0, b1); }
DEVICE void store(float *to, float x) { *to = x; }
DEVICE void store(f16 *to, float x) { to->bits = half_of_float(x); }
DEVICE void store(bf16 *to, float x) { to->bits = bf16_bits(x); }

// 4 exponent bits with bias 7, 3 fraction bits, no infinity; all ones is NaN
DEVICE float float_of_e4m3(unsigned char code) {
  int magnitude = code & 0x7f;
  int exponent = magnitude >> 3;
  float value = ldexpf((float)(exponent ? (magnitude & 7) + 8 : magnitude & 7), (exponent ? exponent : 1) - 10);
  if (magnitude == 0x7f) value = NOT_A_NUMBER;
  return code & 0x80 ? -value : value;
}
// rounded to nearest even; `limit` is the middle between the largest number and the next
DEVICE unsigned char small_float(float x, int fraction, int least, float limit, bool inclusive, int beyond, int none) {
  int sign = bits_of(x) >> 31 ? 0x80 : 0;
  float magnitude = fabsf(x);
  if (is_nan(x)) return (unsigned char)(sign | none);
  if (inclusive ? magnitude > limit : magnitude >= limit) return (unsigned char)(sign | beyond);
  int exponent = (int)(bits_of(magnitude) >> 23) - 127;
  if (exponent < least) exponent = least;
  int steps = (int)rintf(ldexpf(magnitude, fraction - exponent));
  return (unsigned char)(sign | (steps + (exponent - least) * (1 << fraction)));
}
DEVICE unsigned char e4m3_of(float x) { return small_float(x, 3, -6, 464.f, true, 0x7f, 0x7f); }
DEVICE unsigned char e5m2_of(float x) { return small_float(x, 2, -14, 61440.f, false, 0x7c, 0x7e); }

// Element `i` of a float type, or of a bool.
DEVICE float load_real(const void *p, int type, i64 i) {
  switch (type) {
    case F32: return ((const float *)p)[i];
    case F16: return wide(((const f16 *)p)[i]);
    case BF16: return wide(((const bf16 *)p)[i]);
    case E4M3: return float_of_e4m3(((const unsigned char *)p)[i]);
    case E5M2: return float_of_half((u16)(((const unsigned char *)p)[i] << 8));
    default: return ((const unsigned char *)p)[i] ? 1.f : 0.f;
  }
}

// Element `i` of an integer type; the top half of U64 wraps.
DEVICE i64 load_whole(const void *p, int type, i64 i) {
  switch (type) {
    case I32: return ((const int *)p)[i];
    case U32: return ((const u32 *)p)[i];
    case I16: return ((const short *)p)[i];
    case U16: return ((const u16 *)p)[i];
    case I8: return ((const signed char *)p)[i];
    case U8: return ((const unsigned char *)p)[i];
    case BOOL: return ((const unsigned char *)p)[i] != 0;
    default: return ((const i64 *)p)[i];
  }
}

// What is stored of a float: rounded to nearest even; for integers cut towards zero and clamped, NaN as 0.
DEVICE i64 clamped(float x, float least, float beyond, i64 low, i64 high) {
  return is_nan(x) ? 0 : x < least ? low : x >= beyond ? high : (i64)x;
}
DEVICE void store_real(void *p, int type, i64 i, float x) {
  switch (type) {
    case F32: ((float *)p)[i] = x; return;
    case F16: store((f16 *)p + i, x); return;
    case BF16: store((bf16 *)p + i, x); return;
    case E4M3: ((unsigned char *)p)[i] = e4m3_of(x); return;
    case E5M2: ((unsigned char *)p)[i] = e5m2_of(x); return;
    case BOOL: ((unsigned char *)p)[i] = x != 0; return;
    case I64: ((i64 *)p)[i] = clamped(x, -0x1p63f, 0x1p63f, -0x7fffffffffffffffLL - 1, 0x7fffffffffffffffLL); return;
    case U64: ((u64 *)p)[i] = is_nan(x) || x < 0 ? 0 : x >= 0x1p64f ? ~0ull : (u64)x; return;
    case I32: ((int *)p)[i] = (int)clamped(x, -0x1p31f, 0x1p31f, -0x80000000LL, 0x7fffffff); return;
    case U32: ((u32 *)p)[i] = (u32)clamped(x, 0.f, 0x1p32f, 0, 0xffffffffLL); return;
    case I16: ((short *)p)[i] = (short)clamped(x, -0x1p15f, 0x1p15f, -0x8000, 0x7fff); return;
    case U16: ((u16 *)p)[i] = (u16)clamped(x, 0.f, 0x1p16f, 0, 0xffff); return;
    case I8: ((signed char *)p)[i] = (signed char)clamped(x, -128.f, 128.f, -128, 127); return;
    case U8: ((unsigned char *)p)[i] = (unsigned char)clamped(x, 0.f, 256.f, 0, 255); return;
  }
}

// The f32 near a whole number that rounds on to any narrower type as the number itself would: what is cut off leaves a sticky bit.
DEVICE float sticky_float(i64 value, bool is_unsigned) {
  bool negative = value < 0 && !is_unsigned;
  u64 magnitude = negative ? 0 - (u64)value : (u64)value;
  int cut = 64 - 24 - leading_zeros(magnitude | 1);
  float x = (float)magnitude;
  if (cut > 0) {
    u64 kept = magnitude >> cut;
    if (magnitude & ((1ull << cut) - 1)) kept |= 1;
    x = ldexpf((float)kept, cut);
  }
  return negative ? -x : x;
}

// What is stored of a whole number: integers keep the low bits, floats are rounded once.
DEVICE void store_whole(void *p, int type, i64 i, i64 value, bool is_unsigned) {
  switch (type) {
    case I64:
    case U64: ((i64 *)p)[i] = value; return;
    case I32:
    case U32: ((int *)p)[i] = (int)value; return;
    case I16:
    case U16: ((short *)p)[i] = (short)value; return;
    case I8:
    case U8: ((signed char *)p)[i] = (signed char)value; return;
    case BOOL: ((unsigned char *)p)[i] = value != 0; return;
    case F32: ((float *)p)[i] = is_unsigned ? (float)(u64)value : (float)value; return;
    default: store_real(p, type, i, sticky_float(value, is_unsigned)); return;
  }
}

// Sizes and strides of up to 8 axes, outermost first.
struct Axes {
  i64 sizes[8];
};

// Where element `i` of a row-major count lies: Σ index · stride.
DEVICE i64 place(i64 i, int rank, const Axes &sizes, const Axes &strides) {
  i64 at = 0;
  if (i <= 0xffffffffLL) {
    u32 rest = (u32)i;
    for (int axis = rank - 1; axis > 0; axis--) {
      u32 size = (u32)sizes.sizes[axis];
      u32 next = rest / size;
      at += (i64)(rest - next * size) * strides.sizes[axis];
      rest = next;
    }
    return rank > 0 ? at + (i64)rest * strides.sizes[0] : at;
  }
  for (int axis = rank - 1; axis > 0; axis--) {
    i64 next = i / sizes.sizes[axis];
    at += (i - next * sizes.sizes[axis]) * strides.sizes[axis];
    i = next;
  }
  return rank > 0 ? at + i * strides.sizes[0] : at;
}

// The first element of this thread, and the distance to its next, when all threads of the grid share `count` elements.
DEVICE i64 thread_index() { return (i64)blockIdx.x * blockDim.x + threadIdx.x; }
DEVICE i64 thread_count() { return (i64)gridDim.x * blockDim.x; }

// The sum, largest or smallest over a warp, in every lane.
DEVICE float warp_sum(float x) {
  for (int mask = 16; mask > 0; mask >>= 1) x += warp_xor(x, mask);
  return x;
}
DEVICE float larger(float a, float b) { return is_nan(a) || a > b ? a : is_nan(b) || b > a ? b : bits_of(a) >> 31 ? b : a; }
DEVICE float smaller(float a, float b) { return is_nan(a) || a < b ? a : is_nan(b) || b < a ? b : bits_of(a) >> 31 ? a : b; }
DEVICE float warp_max(float x) {
  for (int mask = 16; mask > 0; mask >>= 1) x = larger(x, warp_xor(x, mask));
  return x;
}

// One number of each warp, to be joined over the block.
struct PerWarp {
  float of[32];
};

// The sum over a block whose threads are whole warps, in every thread. `spare` may be used again at once.
DEVICE float block_sum(float x, PerWarp &spare) {
  x = warp_sum(x);
  if (threadIdx.x % 32 == 0) spare.of[threadIdx.x / 32] = x;
  BARRIER();
  float all = 0;
  for (int warp = 0; warp < blockDim.x / 32; warp++) all += spare.of[warp];
  // before the next sum overwrites what a slow warp still reads
  BARRIER();
  return all;
}
DEVICE float block_max(float x, PerWarp &spare) {
  x = warp_max(x);
  if (threadIdx.x % 32 == 0) spare.of[threadIdx.x / 32] = x;
  BARRIER();
  float all = spare.of[0];
  for (int warp = 1; warp < blockDim.x / 32; warp++) all = larger(all, spare.of[warp]);
  BARRIER();
  return all;
}

// Names a kernel template for each float type.
#define FOR_FLOAT_TYPES(kernel, Args, threads) \
  KERNEL(kernel##_f32, Args, threads) { kernel<float>(args); } \
  KERNEL(kernel##_f16, Args, threads) { kernel<f16>(args); } \
  KERNEL(kernel##_bf16, Args, threads) { kernel<bf16>(args); }

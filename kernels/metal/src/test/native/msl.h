// The part of the Metal Shading Language that the kernels use, for a C++ compiler: the kernels' own text is compiled with this before
// it, once `library.cpp` has found its kernels and its shared memory. Threads are fibers; a simdgroup has 32 lanes.
//
// With MSL_SPACES defined, pointers keep the memory that they point to as a part of their type, and a mistake does not compile; such
// code is checked and not run.
#pragma once
#include "fibers.h"

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef _Float16 half;
typedef unsigned uint2 __attribute__((ext_vector_type(2)));
typedef unsigned long ulong2 __attribute__((ext_vector_type(2)));
typedef half half4 __attribute__((ext_vector_type(4)));
typedef unsigned short ushort4 __attribute__((ext_vector_type(4)));
// the language writes its constructor as a call
struct uint3 {
  unsigned x, y, z;
  uint3() = default;
  uint3(unsigned x, unsigned y, unsigned z) : x(x), y(y), z(z) {}
  uint3(const Dim3 &d) : x(d.x), y(d.y), z(d.z) {}
};

// What a dispatch finds at its indices, and how many bytes.
struct Binding {
  const void *bytes;
  size_t size;
};
// As the launchers that library.cpp writes are listed.
struct MslKernel {
  const char *name;
  int most_threads;
  // bytes at each index of a buffer, 0 where there is none
  size_t buffers[4];
  size_t shared_bytes;
  void (*run)(const void *bindings);
};

namespace metal {
template <class To, class From> static inline To as_type(From from) {
  static_assert(sizeof(To) == sizeof(From), "as_type keeps the size");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

static inline float fabs(float x) { return __builtin_fabsf(x); }
static inline float floor(float x) { return __builtin_floorf(x); }
static inline float rint(float x) { return __builtin_rintf(x); }
static inline float fma(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
static inline float ldexp(float x, int k) { return __builtin_ldexpf(x, k); }
static inline uint mulhi(uint x, uint y) { return (uint)((ulong)x * y >> 32); }
static inline uint clz(uint x) { return x ? (uint)__builtin_clz(x) : 32; }

namespace precise {
static inline float exp(float x) { return expf(x); }
static inline float log(float x) { return logf(x); }
static inline float sin(float x) { return sinf(x); }
static inline float cos(float x) { return cosf(x); }
static inline float tanh(float x) { return tanhf(x); }
static inline float sqrt(float x) { return sqrtf(x); }
}  // namespace precise

enum class mem_flags { mem_none, mem_device, mem_threadgroup };

// Shuffles move 32 bits at most.
template <class T> static inline T simd_shuffle_xor(T value, ushort mask) {
  static_assert(sizeof(T) <= 4, "simd_shuffle_xor: 32 bits at most");
  return warp_read(value, emu::current->number % 32 ^ mask);
}
static inline float simd_sum(float value) {
  for (int mask = 16; mask > 0; mask >>= 1) value += simd_shuffle_xor(value, (ushort)mask);
  return value;
}

// 8x8 numbers, two of each lane: (row, column) and (row, column + 1). Which lane has which is nobody's business.
template <class T, int columns = 8, int rows = 8> struct simdgroup_matrix {
  static_assert(columns == 8 && rows == 8, "simdgroup_matrix: 8x8");
  T own[2];
  // undefined in the language
  simdgroup_matrix() { memset(own, 0xff, sizeof own); }
  // the language makes a diagonal matrix of one number
  explicit simdgroup_matrix(T value) {
    for (int i = 0; i < 2; i++) own[i] = row() == column() + i ? value : T(0);
  }
  static int row() {
    int lane = emu::current->number % 32;
    return lane / 16 * 4 + lane / 2 % 4;
  }
  static int column() {
    int lane = emu::current->number % 32;
    return lane / 8 % 2 * 4 + lane % 2 * 2;
  }
  // who has (row, column)
  static int lane(int row, int column) { return row / 4 * 16 + column / 4 * 8 + row % 4 * 2 + column % 4 / 2; }
};
typedef simdgroup_matrix<float> simdgroup_float8x8;
typedef simdgroup_matrix<half> simdgroup_half8x8;

template <class T, class From>
static inline void simdgroup_load(simdgroup_matrix<T> &m, From *from, ulong pitch = 8, ulong2 origin = 0, bool transposed = false) {
  int row = m.row(), column = m.column();
  from += origin.y * pitch + origin.x;
  for (int i = 0; i < 2; i++) {
    auto at = transposed ? from + (column + i) * pitch + row : from + row * pitch + column + i;
#ifndef MSL_SPACES
    const T *same = at;
    m.own[i] = *same;
#else
    m.own[i] = *at;
#endif
  }
}
template <class T, class To>
static inline void simdgroup_store(simdgroup_matrix<T> m, To *to, ulong pitch = 8, ulong2 origin = 0) {
  to += origin.y * pitch + origin.x;
  for (int i = 0; i < 2; i++) to[m.row() * pitch + m.column() + i] = m.own[i];
}
// d = a b + c, in f32
template <class A, class B>
static inline void simdgroup_multiply_accumulate(
    simdgroup_float8x8 &d, simdgroup_matrix<A> a, simdgroup_matrix<B> b, simdgroup_float8x8 c) {
  float mine[4] = {(float)a.own[0], (float)a.own[1], (float)b.own[0], (float)b.own[1]};
  memcpy(emu::exchange(emu::current->number % 32), mine, sizeof mine);
  emu::warp_barrier();
  int row = a.row(), column = a.column();
  for (int i = 0; i < 2; i++) {
    float sum = c.own[i];
    for (int k = 0; k < 8; k++) {
      const float *left = (const float *)emu::exchange(a.lane(row, k)), *right = (const float *)emu::exchange(b.lane(k, column));
      sum += left[k % 2] * right[2 + (column + i) % 2];
    }
    d.own[i] = sum;
  }
  emu::warp_barrier();
}
template <class T, int columns, int rows> static inline simdgroup_matrix<T> make_filled_simdgroup_matrix(T value) {
  simdgroup_matrix<T, columns, rows> m;
  m.own[0] = m.own[1] = value;
  return m;
}
}  // namespace metal

#define threadgroup_barrier(flags) ((void)(flags), emu::block_barrier(SITE("threadgroup_barrier")))
#define simdgroup_barrier(flags) ((void)(flags), emu::warp_barrier(SITE("simdgroup_barrier")))
#ifdef MSL_SPACES
#define device __attribute__((address_space(1)))
#define constant const __attribute__((address_space(2)))
#define threadgroup __attribute__((address_space(3)))
#define MSL_SHARED(name, ...) threadgroup __VA_ARGS__ &name = *(threadgroup __VA_ARGS__ *)nullptr;
#else
#define device
#define constant const
#define threadgroup
#define MSL_SHARED(name, ...) __VA_ARGS__ &name = *(__VA_ARGS__ *)emu::shared_memory(sizeof(__VA_ARGS__));
#endif
#define thread
// the language has no such type
#define double no_double
